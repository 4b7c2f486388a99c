package fsck

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"lethe/internal/repair"
)

// maxSuspects is how many suspicions wait to be settled together.
const maxSuspects = 1000

// aspects are what a suspicion is about. A customer comes up in several places of the
// scan, and each tells only of its own.
type aspects uint8

const (
	partitions    aspects = 1 << iota // of root and records, with the names that the root lists
	strays                            // terms and claims elsewhere
	retentions                        // what is retained
	resurrections                     // of a customer that was purged
	everything    aspects = 1<<iota - 1
)

// aspect of a finding about a customer.
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

// suspect is a customer or an operation of which the scan suspects something.
type suspect struct {
	customer  string
	operation string
	about     aspects
	strays    []stray // terms and claims that name the customer
}

// stray is an item that points to a customer who seems not to know of it.
type stray struct {
	key

	where string // in the scan
}

// suspects are the suspicions that wait, each customer once.
type suspects struct {
	mu      sync.Mutex
	waiting map[string]*suspect // by partition key
	n       int                 // with their strays
}

// suspect remembers a suspicion. When there are enough it settles them.
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

// settleAll settles all suspicions that wait.
func (c *check) settleAll(ctx context.Context) error {
	c.suspects.mu.Lock()
	batch := c.suspects.take()
	c.suspects.mu.Unlock()
	return c.settle(ctx, batch)
}

// settle looks at what is suspected, when the change stream has had its time.
func (c *check) settle(ctx context.Context, batch map[string]*suspect) error {
	if len(batch) == 0 {
		return nil
	}
	if err := pause(ctx, c.Settle); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.Segments)
	for _, s := range batch {
		group.Go(func() error { return c.confirm(ctx, *s) })
	}
	return group.Wait()
}

// confirm finds out what is true of a suspicion, repairs what is to be repaired, and
// tells of a repair when another look shows that it has helped.
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

// repairProblems repairs what it can, and says whether something changed before it could. What is still wrong after several repairs
// is left as it is.
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

// problem is a finding with what can be done about it.
type problem struct {
	Finding

	fix fix // nil: nothing
}

func (p problem) same(other problem) bool { return p.id() == other.id() }

// examine looks at a suspect until it has held still.
func (c *check) examine(ctx context.Context, s suspect) (found []problem, settled bool, err error) {
	if s.operation != "" {
		return c.examineOperation(ctx, s.operation)
	}
	return c.examineCustomer(ctx, s)
}
