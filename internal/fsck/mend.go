package fsck

import (
	"context"
	"fmt"
	"strings"
)

// Mended is what became of a finding.
type Mended int

// What becomes of a finding.
const (
	NotMended Mended = iota // it is still so
	Repaired
	Changed // it was not so any longer
)

// Mend repairs what was found earlier, as far as it is still so, and nothing else. Beside
// an error it tells what it has repaired.
func (c *Checker) Mend(ctx context.Context, findings []Finding) ([]Mended, error) {
	became := map[string]Mended{}
	quick := *c
	quick.Settle = 0 // they were found long ago
	r, err := quick.begin(ctx, func(f Finding) {
		became[f.id()] = NotMended
		if f.Repaired {
			became[f.id()] = Repaired
		}
	})
	if err != nil {
		return nil, err
	}
	r.repair, r.wanted = true, map[string]bool{}
	for _, f := range findings {
		r.wanted[f.id()] = true
	}
	err = r.mendAll(ctx, findings)
	results := make([]Mended, len(findings))
	for i, f := range findings {
		told, ok := became[f.id()]
		if !ok && err == nil && r.report.Unsettled == 0 {
			told = Changed
		}
		results[i] = told
	}
	return results, err
}

func (r *run) mendAll(ctx context.Context, findings []Finding) error {
	for _, f := range findings {
		s := suspect{customer: f.Customer, about: everything}
		switch {
		case f.Rule == NoteKept:
			if err := r.mendNote(ctx, f); err != nil {
				return err
			}
			continue
		case f.Customer == "":
			id, _, _ := strings.Cut(strings.TrimPrefix(f.Key, "O#"), " ")
			s = suspect{operation: id}
		case f.Rule == OrphanTerm || f.Rule == OrphanClaim:
			k, err := r.locate(ctx, f)
			if err != nil {
				return err
			}
			if k != (key{}) {
				s.strays = []stray{{k, f.At}}
			}
		}
		if err := r.suspect(ctx, s); err != nil {
			return err
		}
	}
	return r.settleAll(ctx)
}

func (r *run) mendNote(ctx context.Context, f Finding) error {
	pk, sk, _ := strings.Cut(f.Key, " ")
	it, err := r.client.get(ctx, r.Table, key{pk, sk})
	if err != nil || it == nil {
		return err
	}
	if note, ok := readable(it); ok { // else it can't be what was found
		return (&segment{run: r}).visitNote(ctx, note)
	}
	return nil
}

const locatePages = 3 // of the scan, in which a finding should lie again

// locate finds the item of a finding whose key was hashed, where in the scan it lay.
func (r *run) locate(ctx context.Context, f Finding) (key, error) {
	var number, of int
	where := strings.SplitN(f.At, " ", 3)
	if n, err := fmt.Sscanf(where[0], "%d/%d", &number, &of); n != 2 || err != nil || len(where) != 3 {
		return key{}, fmt.Errorf("fsck: finding %s is nowhere", f.Key)
	}
	after := key{where[1], where[2]}
	found, err := r.locateAfter(ctx, f, number, of, after)
	if err != nil || found != (key{}) {
		return found, err
	}
	if lost, err := r.client.lost(ctx, r.Table, after); err != nil || !lost {
		return key{}, err
	}
	return r.locateAfter(ctx, f, number, of, key{})
}

func (r *run) locateAfter(ctx context.Context, f Finding, number, of int, after key) (key, error) {
	for range locatePages {
		items, next, err := r.client.scan(ctx, r.Table, number, of, after, "pk", "sk")
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
