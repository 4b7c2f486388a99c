package fsck

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"lethe/internal/clock"
	"lethe/internal/repair"
)

// maxSuspects is the number of suspects that are examined together.
const maxSuspects = 1000

// aspects is a set of what a customer is suspected of. Several places in the scan can suspect the same
// customer, each of another aspect; only suspected aspects are reported.
type aspects uint8

const (
	partitions    aspects = 1 << iota // of root and records, with the names that the root lists
	strays                            // terms and claims elsewhere
	retentions                        // retained records
	resurrections                     // of a customer that was purged
	everything    aspects = 1<<iota - 1
)

// aspect returns the aspect that a finding about a customer belongs to.
func (f Finding) aspect() aspects {
	switch f.Rule {
	case OrphanTerm, OrphanClaim:
		return strays
	case RetainedWrong:
		return retentions
	case Resurrected:
		return resurrections
	default:
		return partitions
	}
}

// suspect is a customer or an operation that the scan found something wrong with.
type suspect struct {
	customer  string
	operation string
	about     aspects
	strays    []stray // terms and claims that name the customer
}

// stray is a term or claim that its customer seems not to have.
type stray struct {
	key

	where string // place in the scan
}

// suspects are the suspects that wait, each customer and operation once.
type suspects struct {
	mu      sync.Mutex
	waiting map[string]*suspect // by partition key
	n       int                 // with their strays
}

// suspect adds a suspect, and examines all that wait when there are enough.
func (c *check) suspect(ctx context.Context, s suspect) error {
	if batch := c.suspects.add(s); batch != nil {
		return c.settle(ctx, batch)
	}
	return nil
}

func (w *suspects) add(s suspect) (batch map[string]*suspect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pk := customerPK(s.customer)
	if s.operation != "" {
		pk = "O#" + s.operation
	}
	if w.waiting == nil {
		w.waiting = map[string]*suspect{}
	}
	known, ok := w.waiting[pk]
	if !ok {
		w.n++
		known = &suspect{customer: s.customer, operation: s.operation}
		w.waiting[pk] = known
	}
	known.about |= s.about
	for _, other := range s.strays {
		if !slices.Contains(known.strays, other) {
			w.n++
			known.strays = append(known.strays, other)
		}
	}
	if w.n < maxSuspects {
		return nil
	}
	return w.take()
}

func (w *suspects) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

func (w *suspects) take() map[string]*suspect {
	batch := w.waiting
	w.waiting, w.n = nil, 0
	return batch
}

// settleAll examines all suspects that wait.
func (c *check) settleAll(ctx context.Context) error {
	c.suspects.mu.Lock()
	batch := c.suspects.take()
	c.suspects.mu.Unlock()
	return c.settle(ctx, batch)
}

// settle waits for the change stream, and examines suspects.
func (c *check) settle(ctx context.Context, batch map[string]*suspect) error {
	if len(batch) == 0 {
		return nil
	}
	if err := clock.Sleep(ctx, c.Settle); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.Segments)
	for _, s := range batch {
		group.Go(func() error { return c.confirm(ctx, *s) })
	}
	return group.Wait()
}

// confirm examines a suspect and repairs its problems, until nothing more can be repaired. It reports
// a problem as repaired when the next examination no longer finds it.
func (c *check) confirm(ctx context.Context, s suspect) error {
	var repaired []problem
	times := map[string]int{}
	for idle := 0; ; {
		found, settled, err := c.examine(ctx, s)
		if err != nil {
			return err
		}
		if !settled {
			c.addUnsettled()
			return nil
		}
		c.addRepaired(repaired, found)
		var changed bool
		if repaired, changed, err = c.repairProblems(ctx, found, times); err != nil {
			return err
		}
		if len(repaired) > 0 {
			continue
		}
		if idle++; !changed || idle == attempts {
			c.addFindings(found)
			return nil
		}
	}
}

func (c *check) addRepaired(repaired, still []problem) {
	for _, p := range repaired {
		if !slices.ContainsFunc(still, p.same) {
			p.Repaired = true
			c.addFinding(p.Finding)
		}
	}
}

func (c *check) addFindings(found []problem) {
	for _, p := range found {
		c.addFinding(p.Finding)
	}
}

// repairProblems repairs what it can. changed reports that an item changed before its repair. A problem
// that is still there after several repairs is not repaired again.
func (c *check) repairProblems(ctx context.Context, found []problem, times map[string]int) (repaired []problem, changed bool, err error) {
	if c.repairer == nil {
		return nil, false, nil
	}
	for _, p := range found {
		if p.fix == nil || !c.wants(p.Finding) || times[p.id()] == attempts {
			continue
		}
		switch err := p.fix(ctx); {
		case err == nil:
			repaired = append(repaired, p)
			times[p.id()]++
		case errors.Is(err, repair.ErrChanged):
			changed = true
		default:
			return repaired, changed, err
		}
	}
	return repaired, changed, nil
}

func (c *check) wants(f Finding) bool { return c.wanted == nil || c.wanted[f.id()] }

// problem is a finding with its repair.
type problem struct {
	Finding

	fix fix // nil: it can't be repaired
}

func (p problem) same(other problem) bool { return p.id() == other.id() }

// examine reads a suspect until it does not change during the read.
func (c *check) examine(ctx context.Context, s suspect) (found []problem, settled bool, err error) {
	if s.operation != "" {
		return c.examineOperation(ctx, s.operation)
	}
	return c.examineCustomer(ctx, s)
}
