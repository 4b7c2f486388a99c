package history

// bugs lists the planted bugs. The simulation must find each of them.
var bugs = []planted{
	{"the root is removed first", []edit{{
		"customer/purge.go",
		"	if err := s.purges.Erase(ctx, customers...); err != nil {",
		"	if err := s.purges.Remove(ctx, customers...); err != nil {\n		return err\n	}\n	if err := s.purges.Erase(ctx, customers...); err != nil {",
	}}},
	{"the certificate is written first", []edit{{
		"customer/purge.go",
		"	if err := s.purges.Erase(ctx, customers...); err != nil {",
		"	for _, c := range customers {\n		if err := s.ledger.Certify(ctx, certify(c, s.Now())); err != nil {\n			return err\n		}\n	}\n	if err := s.purges.Erase(ctx, customers...); err != nil {",
	}}},
	{"the roots are removed before the block of their certificates is written", []edit{{
		"customer/purge.go",
		"	if err := s.ledger.Certify(ctx, certs...); err != nil {\n		return fmt.Errorf(\"certify: %w\", err)\n	}\n	return s.purges.Remove(ctx, customers...)",
		"	if err := s.purges.Remove(ctx, customers...); err != nil {\n		return err\n	}\n	return s.ledger.Certify(ctx, certs...)",
	}}},
	{"only one page is erased, and only the first customer of several is read back", []edit{
		{"sim/model/erase.go", "		if len(page) < pageSize {", "		if true {"},
		{"customer/purge.go", "s.purges.Residue(ctx, customers...)", "s.purges.Residue(ctx, customers[:1]...)"},
	}},
	{"only one page is erased, and nothing is read back", []edit{
		{"sim/model/erase.go", "		if len(page) < pageSize {", "		if true {"},
		{"customer/purge.go", "	if left > 0 {", "	if left < 0 {"},
	}},
	{"requests that a busy table left undone are dropped, and nothing is read back", []edit{
		{"sim/model/erase.go", "		batch = undone", "		batch = nil"},
		{"customer/purge.go", "	if left > 0 {", "	if left < 0 {"},
	}},
	{"retained records are erased before they are copied", []edit{{
		"sim/model/erase.go",
		"	err := t.retainBatch(ctx, c, page)\n	if err == nil {\n		err = t.deleteBatch(ctx, page)",
		"	err := t.deleteBatch(ctx, page)\n	if err == nil {\n		err = t.retainBatch(ctx, c, page)",
	}}},
	{"a purge uses the settings in force", []edit{
		{"customer/inforce.go", "bool { return c.Frozen == nil }", "bool { return true }"},
		{"customer/inforce.go", "		if customers[i].Frozen == nil {", "		if true {"},
	}},
	{"messages are acknowledged before the work, and no sweep drives operations", []edit{
		{"bulk/work.go", "	if err != nil && !errors.Is(err, ErrTaken) {\n		return err", "	if err != nil && !errors.Is(err, ErrTaken) {\n		return nil"},
		{"bulk/sweep.go", "		return e.sweepRunning(ctx, op, sweep, room)", "		return nil"},
	}},
	{"a chunk is finished with subjects left", []edit{{
		"bulk/work.go", "	case len(still) == 0:", "	case true:",
	}}},
	{"a dead letter strands its chunk", []edit{{
		"bulk/sweep.go", "			begun = append(begun, Work{op.ID, c.Seq})", "			_ = begun",
	}}},
	{"a lost message strands its chunk", []edit{{
		"bulk/sweep.go", "		work = append(work, fresh...)", "		_ = fresh",
	}}},
	{"a half-done purge is stranded", []edit{{
		"customer/sweep.go", "			w.Stuck++", "			w.Stuck++\n			continue",
	}}},
	{"progress is counted by deliveries", []edit{{
		"bulk/settle.go",
		"	op.Tally = tally\n",
		"	op.Tally = tally\n	for c := range e.store.Chunks(ctx, op.ID, 0) {\n		op.Tally.Done += max(0, c.Attempts-1)\n	}\n",
	}, {
		"bulk/work.go", "	c.Attempts = 1\n", "",
	}}},
	{"an operation ends before its last chunk", []edit{{
		"bulk/settle.go", "		case op.State != Cancelling:\n			return false, nil", "		case op.State != Cancelling:\n			continue",
	}}},
	{"outcomes are stored for other subjects", []edit{{
		"bulk/work.go", "		c.Outcomes[left[i]] = o", "		c.Outcomes[i] = o",
	}}},
	{"subjects that the plan refuses are tried", []edit{{
		"bulk/chunk.go", "		if s.Refused != \"\" {\n			c.Outcomes", "		if false {\n			c.Outcomes",
	}}},
	{"the digest is not checked", []edit{{
		"bulk/operation.go", "	case a.Digest != o.Digest:", "	case false:",
	}}},
	{"an expired plan is applied", []edit{{
		"bulk/operation.go", "	state := o.StateAt(now)", "	state := o.State",
	}}},
	{"a cancelled operation goes on", []edit{{
		"bulk/work.go", "	case op.State == Running:\n		err = e.work", "	case true:\n		err = e.work",
	}, {
		"bulk/work.go", "	case w.Chunk == PlanWork || op.State != Running && op.State != Cancelling:", "	case w.Chunk == PlanWork:",
	}, {
		"bulk/cancel.go", "	if w.state != Running {", "	if false {",
	}}},
	{"a harmless action starts again at every sweep", []edit{{
		"bulk/sweep.go", "	case Ready:\n", "	case Ready, Running:\n",
	}, {
		"bulk/sweep.go", "	case Running:\n		return e.sweepRunning(ctx, op, sweep, room)\n	case Cancelling:", "	case Cancelling:",
	}}},
	{"a chunk is taken while a worker has it", []edit{
		{"sim/model/chunks.go", "	case c.Lease.After(now):\n		return bulk.Chunk{}, bulk.ErrTaken\n", ""},
		{"sim/model/chunks.go", "stored == nil || stored.ended || stored.Holder != c.Holder {", "stored == nil {"},
	}},
	{"subjects that changed since the plan are changed anyway", []edit{{
		"sim/model/advance.go", "	if old == nil || old.Version != tr.Version {", "	if old == nil {",
	}}},
	{"a repeated change is not recognised", []edit{{
		"customer/transition.go", "	if c.Made(tr.change.ID) || tr.effect.done(c) {", "	if _, fence := tr.effect.(FenceEffect); fence && tr.effect.done(c) {",
	}}},
	{"an idempotency key is forgotten", []edit{{
		"sim/model/model.go", "	if !ok || made.change == ch.ID {", "	if ok = false; !ok {",
	}}},
	{"a customer is restored during its purge", []edit{{
		"customer/lifecycle.go", "	case c.StateAt(now) == Purging:\n		return ErrPurgeStarted\n	}\n	return nil\n}\n\n// CanPurge", "	}\n	return nil\n}\n\n// CanPurge",
	}}},
	{"a restore ignores the generation", []edit{{
		"customer/lifecycle.go", "	case c.State == Active, generation != \"\" && c.Deletion.ID != generation:", "	case c.State == Active:",
	}}},
	{"a restore of many ignores the generations", []edit{{
		"customer/transition.go", "	return c.CanRestore(r.Generation, at)", "	return c.CanRestore(\"\", at)",
	}}},
	{"a purge ignores the generation", []edit{{
		"customer/lifecycle.go", "	case c.State == Active, f.Generation != \"\" && c.Deletion.ID != f.Generation:", "	case c.State == Active:",
	}}},
	{"the retention is not checked again at the fence", []edit{{
		"customer/lifecycle.go", "	case f.OnlyDue && !c.Due(now):", "	case false:",
	}}},
	{"a legal hold doesn't stop a purge", []edit{{
		"customer/lifecycle.go", "	case len(c.Holds) > 0:\n		return c.onHold()\n	case f.OnlyDue", "	case f.OnlyDue",
	}}},
	{"records are added to a customer in the trash", []edit{{
		"customer/lifecycle.go", "		return ErrInTrash", "		return nil",
	}}},
	{"an undo restores customers that others deleted", []edit{{
		"operations/actions.go", "	return c.CanRestore(p.Operation, now)", "	return c.CanRestore(\"\", now)",
	}}},
	{"a root that TTL removed is put back with the version that a plan saw", []edit{{
		"customer/purge.go", "		c.Version++ // a plan", "		// a plan",
	}}},
	{"a former name is forgotten", []edit{{
		"customer/service.go", "	revised.Former = old.Former.after(id, old.Profile, revised.Profile)\n", "",
	}}},
	{"the store drops former names", []edit{{
		"sim/model/roots.go", "	next.Former = slices.Clone(revised.Former)\n", "",
	}}},
	{"an operation's reason is not redacted", []edit{{
		"bulk/plan.go", "	op.Reason = redact(op.Reason, chunks)\n", "",
	}}},
	{"an operation that is cancelled early keeps its reason", []edit{{
		"bulk/engine.go", "		op = op.unplanned()\n", "		_ = op\n",
	}}},
	{"missing customers are treated as customers without names", []edit{{
		"operations/operations.go", "	case len(roots) < len(subjects):\n		subjects[0].Redact = customer.Withheld\n", "",
	}}},
	{"a customer is created although it exists", []edit{{
		"customer/service.go", "		return cmp.Or(s.Replayed(ctx, ch), ErrExists)", "		return cmp.Or[error](nil)",
	}}},
	{"a worker ignores the cancellation", []edit{{
		"bulk/cancel.go", "	if w.state != Running {", "	if false {",
	}}},
	{"a worker relies on a state that it read before it took its chunk", []edit{{
		"bulk/cancel.go", "turn: make(chan struct{}, 1)})", "turn: make(chan struct{}, 1), read: time.Now(), state: op.State})",
	}}},
	{"a cancellation ends while a worker has a chunk", []edit{{
		"bulk/settle.go", "		case c.Lease.IsZero():\n			continue\n		}", "		default:\n			continue\n		}",
	}}},
	{"subjects that a dead worker may have changed are reported as untouched", []edit{{
		"bulk/settle.go", "	if c.Abandoned {\n		c.interrupt()\n	}\n", "",
	}}},
	{"a plan is applied under other settings", []edit{{
		"bulk/engine.go", "	if err == nil && !bytes.Equal(now, op.Basis) {", "	if err == nil && false && !bytes.Equal(now, op.Basis) {",
	}}},
	{"an operation deletes with the settings in force", []edit{{
		"operations/basis.go", "	if op.Basis == nil {", "	if true {",
	}}},
	{"an id is used again before the stream reports its removal", []edit{{
		"customer/service.go", "	if left > 0 || len(log.Entries) > 0 {", "	if left > 0 || len(log.Entries) < 0 {",
	}}},
	{"a purge frees the address that the current rules claim", []edit{
		{"sim/model/erase.go", "				if t.claims[c.Claimed()] == c.ID {", "				if t.claims[c.Profile.Email] == c.ID {"},
		{"sim/model/erase.go", "		if identity := c.Claimed(); identity != \"\"", "		if identity := c.Profile.Email; identity != \"\""},
	}},
	{"a revision frees the address that the current rules claim", []edit{{
		"sim/model/roots.go", "		delete(t.claims, old.Claimed())", "		delete(t.claims, old.Profile.Email)",
	}}},
	{"a root remembers only the last change", []edit{{
		"customer/recent.go", "r.Single[:min(len(r.Single), MaxRecent-1)]...)", "r.Single[:0]...)",
	}}},
	{"only a repeat of the last change is recognised", []edit{{
		"sim/model/roots.go", "	case old.Made(tr.change.ID):", "	case old.Last.ID == tr.change.ID:",
	}}},
	{"a repeat returns the state before the change", []edit{{
		"sim/model/roots.go", "	t.remember(tr.change, tr.id, next.Trace())", "	t.remember(tr.change, tr.id, old.Trace())",
	}}},
	{"a key under which nothing changed is forgotten", []edit{{
		"sim/model/roots.go", "		t.remember(tr.change, tr.id, old.TraceAt(tr.change.At))", "",
	}}},
	{"the sum is not made again over the entries that are left", []edit{{
		"sim/model/audit.go", "	for _, e := range left {\n		t.totals", "	for _, e := range entries {\n		t.totals",
	}}},
	{"changes after one that failed are taken as done", []edit{{
		"customer/audit.go", "	return of[added], err\n", "	return len(changes), err\n",
	}}},
	{"lifting a hold allows a purge at once", []edit{{
		"customer/holds.go", "c.State == Deleted && c.Due(earliest) {", "c.State == Active && c.Due(earliest) {",
	}}},
	{"the digest is not checked at approval", []edit{{
		"bulk/approve.go", "	case digest != o.Digest:", "	case false:",
	}}},
	{"one's own approval is accepted", []edit{{
		"bulk/approve.go", "	case by == o.By || by == o.RequestedBy:", "	case by == o.By && by == o.RequestedBy:",
	}}},
	{"the settings are not checked at approval", []edit{{
		"bulk/approve.go", "	if err := e.checkBasis(ctx, op); err != nil {\n		return op, err\n	}\n	op.AppliedBy", "	op.AppliedBy",
	}}},
	{"an expired plan is approved", []edit{{
		"bulk/operation.go", "	if (o.State == Ready || o.State == Waiting) && !now", "	if o.State == Ready && !now",
	}}},
	{"a retry needs no second person", []edit{{
		"bulk/engine.go", "	if err := e.checkApproved(ctx, op); err != nil {\n		return op, err\n	}\n", "",
	}}},
	{"a waiting operation is started by the sweep", []edit{{
		"bulk/sweep.go", "		if e.Actions[op.Action].Harmless {", "		if e.Actions[op.Action].Harmless || op.State == Waiting {",
	}, {
		"bulk/sweep.go", "	case Ready:\n", "	case Ready, Waiting:\n",
	}}},
	{"the second person is lost in the changes", []edit{{
		"operations/operations.go", "ApprovedBy: op.ApprovedBy, Reason", "Reason",
	}}},
}
