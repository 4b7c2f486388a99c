package customer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// outrunStore is a store in which somebody else is faster than so many revisions.
type outrunStore struct {
	scripted
	faster int
	ids    map[string]bool // of the changes that were tried
}

func (s *outrunStore) Revise(_ context.Context, old, revised Customer) error {
	s.ids[revised.Last.ID] = true
	if s.faster--; s.faster >= 0 {
		s.customer.Version++
		return ErrVersion
	}
	return nil
}

func TestAnUpdateIsTriedAgainWhileOthersAreFaster(t *testing.T) {
	for _, test := range []struct {
		name    string
		faster  int
		version int64 // that the change is bound to
		want    error
	}{
		{"nobody is", 0, 0, nil},
		{"nine others are", 9, 0, nil},
		{"somebody always is", 1000, 0, ErrBusy},
		{"somebody is, and the version was named", 1, 7, ErrVersion},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := active()
				c.Version, c.Profile = 7, Profile{LastName: "Anders"}
				store := &outrunStore{scripted: scripted{customer: c}, faster: test.faster, ids: map[string]bool{}}
				service := store.over(store)
				got, err := service.Update(t.Context(), c.ID, func(p Profile) Profile { return p }, Change{By: "admin", IfVersion: test.version})
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if want := int64(8 + test.faster); test.want == nil && got.Version != want {
					t.Errorf("version %d, want %d", got.Version, want)
				}
				if len(store.ids) != 1 {
					t.Errorf("one change has %d ids", len(store.ids))
				}
			})
		})
	}
}

func TestAnUpdateWaitsNoLongerThanItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := active()
		c.Profile = Profile{LastName: "Anders"}
		store := &outrunStore{scripted: scripted{customer: c}, faster: 1000, ids: map[string]bool{}}
		service := store.over(store)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := service.Update(ctx, c.ID, func(p Profile) Profile { return p }, Change{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
