package customer

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// contended is a store in which another change comes before each of the first transitions of a customer.
type contended struct {
	scripted
	roots  map[string]Customer
	faster map[string]int // number of those changes, by customer
	unread error          // result of Roots
	broken error          // result of each transition
	asked  []string
}

func (s *contended) Roots(_ context.Context, ids []string) (found []Customer, err error) {
	for _, id := range ids {
		if c, ok := s.roots[id]; ok {
			found = append(found, c)
		}
	}
	return found, s.unread
}

func (s *contended) Advance(_ context.Context, transitions []Transition, _ Settings) []error {
	results := make([]error, len(transitions))
	for i, tr := range transitions {
		s.asked = append(s.asked, fmt.Sprint(tr.ID, " ", tr.Version))
		c := s.roots[tr.ID]
		if results[i] = s.broken; s.faster[tr.ID] > 0 {
			s.faster[tr.ID]--
			c.Version++
			s.roots[tr.ID], results[i] = c, tr.Refused(c, Settings{})
		}
	}
	return results
}

func TestRestoreManyTriesAgainAfterOtherChanges(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name  string
		store contended
		want  []error // for a, b, and c, which does not exist
		asked string
	}{
		{"no other change", contended{}, []error{nil, nil, ErrNotFound}, "[a 7 b 7]"},
		{"other changes of one customer", contended{faster: map[string]int{"b": 2}}, []error{nil, nil, ErrNotFound}, "[a 7 b 7 b 8 b 9]"},
		{"other changes in all attempts", contended{faster: map[string]int{"a": 99}}, []error{ErrVersion, nil, ErrNotFound}, "[a 7 b 7 a 8 a 9 a 10 a 11]"},
		{"reading fails", contended{unread: broken}, []error{broken, broken, broken}, "[]"},
		{"writing fails", contended{broken: broken}, []error{broken, broken, ErrNotFound}, "[a 7 b 7]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := test.store
			store.roots = map[string]Customer{}
			seen := []Seen{{ID: "a", Version: 1}, {ID: "b", Version: 1}, {ID: "c", Version: 1}}
			for _, id := range []string{"a", "b"} {
				c := inTrash(noon.Add(time.Hour))
				c.ID, c.Version = id, 7
				store.roots[id] = c
			}
			service := store.over(&store)
			results := service.RestoreMany(t.Context(), seen, []string{"d1", "d1", "d1"}, Change{By: "admin"})
			for i, err := range results {
				if !errors.Is(err, test.want[i]) {
					t.Errorf("customer %s: %v, want %v", seen[i].ID, err, test.want[i])
				}
			}
			if got := fmt.Sprint(store.asked); got != test.asked {
				t.Errorf("asked for %s, want %s", got, test.asked)
			}
		})
	}
}
