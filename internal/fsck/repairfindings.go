package fsck

import (
	"context"
	"fmt"
	"strings"
)

// Outcome is the result of the repair of a finding.
type Outcome int

// The outcomes.
const (
	NotRepaired Outcome = iota // the finding is still there
	Repaired
	Changed // the finding was gone before the repair
)

// Repair repairs earlier findings that are still there, and nothing else. by is the author in the
// audit log. It returns an outcome for each finding, also with an error.
func (c Checker) Repair(ctx context.Context, repairer Repairer, by string, findings []Finding) ([]Outcome, error) {
	outcomes := map[string]Outcome{}
	c.Settle = 0 // the change stream has had its time since the check
	r, err := c.begin(ctx, func(f Finding) {
		outcomes[f.id()] = NotRepaired
		if f.Repaired {
			outcomes[f.id()] = Repaired
		}
	})
	if err != nil {
		return nil, err
	}
	r.repairer, r.by, r.wanted = repairer, by, map[string]bool{}
	for _, f := range findings {
		r.wanted[f.id()] = true
	}
	err = r.repairAll(ctx, findings)
	results := make([]Outcome, len(findings))
	for i, f := range findings {
		outcome, ok := outcomes[f.id()]
		if !ok && err == nil && r.report.Unsettled == 0 {
			outcome = Changed
		}
		results[i] = outcome
	}
	return results, err
}

func (c *check) repairAll(ctx context.Context, findings []Finding) error {
	for _, f := range findings {
		s := suspect{customer: f.Customer, about: everything}
		switch {
		case f.Rule == TotalsWrong:
			if err := c.repairTotals(ctx, f); err != nil {
				return err
			}
			continue
		case f.Rule == NoteKept:
			if err := c.repairNote(ctx, f); err != nil {
				return err
			}
			continue
		case f.Customer == "":
			id, _, _ := strings.Cut(strings.TrimPrefix(f.Key, "O#"), " ")
			s = suspect{operation: id}
		case f.Rule == OrphanTerm || f.Rule == OrphanClaim:
			k, err := c.locate(ctx, f)
			if err != nil {
				return err
			}
			if k != (key{}) {
				s.strays = []stray{{k, f.At}}
			}
		}
		if err := c.suspect(ctx, s); err != nil {
			return err
		}
	}
	return c.settleAll(ctx)
}

func (c *check) repairNote(ctx context.Context, f Finding) error {
	pk, sk, _ := strings.Cut(f.Key, " ")
	it, err := c.client.get(ctx, c.Table, key{pk, sk})
	if err != nil || it == nil {
		return err
	}
	if note, ok := readable(it); ok { // an unreadable item is another finding
		return c.checkNote(ctx, note)
	}
	return nil
}

const locatePages = 3 // pages of the scan in which to search for a finding's item

// locate finds the key of a finding with a hashed key, from its place in the scan.
func (c *check) locate(ctx context.Context, f Finding) (key, error) {
	var number, of int
	where := strings.SplitN(f.At, " ", 3)
	if n, err := fmt.Sscanf(where[0], "%d/%d", &number, &of); n != 2 || err != nil || len(where) != 3 {
		return key{}, fmt.Errorf("fsck: finding %s does not say where in the scan it is; run the check again", f.Key)
	}
	after := key{where[1], where[2]}
	found, err := c.locateAfter(ctx, f, number, of, after)
	if err != nil || found != (key{}) {
		return found, err
	}
	if lost, err := c.client.lost(ctx, c.Table, after); err != nil || !lost {
		return key{}, err
	}
	return c.locateAfter(ctx, f, number, of, key{})
}

func (c *check) locateAfter(ctx context.Context, f Finding, number, of int, after key) (key, error) {
	for range locatePages {
		items, next, err := c.client.scan(ctx, c.Table, number, of, after, "pk", "sk")
		if err != nil {
			return key{}, err
		}
		for _, it := range items {
			if k := keyOf(it); k.shown() == f.Key {
				return k, nil
			}
		}
		if after = next; after == (key{}) {
			break
		}
	}
	return key{}, nil
}
