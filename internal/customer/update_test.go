package customer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// contendedStore is a store in which another change comes before each of the first revisions.
type contendedStore struct {
	scripted
	faster int             // number of those changes
	ids    map[string]bool // of the changes that were tried
}

func (s *contendedStore) Revise(_ context.Context, old, revised Customer) error {
	s.ids[revised.Last.ID] = true
	if s.faster--; s.faster >= 0 {
		s.customer.Version++
		return ErrVersion
	}
	return nil
}

func TestAnUpdateIsTriedAgainAfterOtherChanges(t *testing.T) {
	for _, test := range []struct {
		name    string
		faster  int
		version int64 // Change.IfVersion
		want    error
	}{
		{"no other change", 0, 0, nil},
		{"nine other changes", 9, 0, nil},
		{"other changes in all attempts", 1000, 0, ErrBusy},
		{"another change, with a version", 1, 7, ErrVersion},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := active()
				c.Version, c.Profile = 7, Profile{LastName: "Anders"}
				store := &contendedStore{scripted: scripted{customer: c}, faster: test.faster, ids: map[string]bool{}}
				service := store.over(store)
				got, err := service.Update(t.Context(), c.ID, func(p Profile) Profile { return p }, Change{By: "admin", IfVersion: test.version})
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if want := int64(8 + test.faster); test.want == nil && got.Version != want {
					t.Errorf("version %d, want %d", got.Version, want)
				}
				if len(store.ids) != 1 {
					t.Errorf("the attempts of one change have %d ids", len(store.ids))
				}
			})
		})
	}
}

func TestAnUpdateWaitsNoLongerThanItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := active()
		c.Profile = Profile{LastName: "Anders"}
		store := &contendedStore{scripted: scripted{customer: c}, faster: 1000, ids: map[string]bool{}}
		service := store.over(store)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := service.Update(ctx, c.ID, func(p Profile) Profile { return p }, Change{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
