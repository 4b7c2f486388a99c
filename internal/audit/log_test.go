package audit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"lethe/internal/audit"
)

// kept is a store in memory that counts its calls.
type kept struct {
	entries map[string]audit.Entry
	calls   int
	err     error
}

func (k *kept) AddEntry(_ context.Context, e audit.Entry) error {
	if k.calls++; k.err != nil {
		return k.err
	}
	if id := e.Time.String() + e.ID; k.entries[id].ID == "" {
		k.entries[id] = e
	}
	return nil
}

func (k *kept) EntriesByDay(context.Context, audit.Query) (audit.Page, error) {
	panic("nothing here reads the log")
}

var morning = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// TestASignInIsLoggedOnce is seen by two processes, in several requests of each.
func TestASignInIsLoggedOnce(t *testing.T) {
	store := &kept{entries: map[string]audit.Entry{}}
	for range 2 {
		log := audit.NewLog(store)
		for range 3 {
			for _, by := range []string{"ann", "bob"} {
				ctx := audit.WithRequest(t.Context(), "request of "+by)
				if err := log.SignedIn(ctx, by, morning.In(time.FixedZone("there", 3600))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if len(store.entries) != 2 || store.calls != 4 {
		t.Errorf("%d entries in %d calls, want 2 in 4", len(store.entries), store.calls)
	}
	for _, e := range store.entries {
		if e.Action != audit.SignedIn || !e.Time.Equal(morning) || e.RequestID != "request of "+e.By {
			t.Errorf("%+v", e)
		}
	}
}

func TestATokenThatNamesNoTimeIsNoSignIn(t *testing.T) {
	store := &kept{}
	if err := audit.NewLog(store).SignedIn(t.Context(), "ann", time.Time{}); err != nil || store.calls > 0 {
		t.Errorf("%d calls, %v", store.calls, err)
	}
}

// TestASignInThatIsNotStoredIsTriedAgain refuses the first request: an administrator can't act without it.
func TestASignInThatIsNotStoredIsTriedAgain(t *testing.T) {
	store := &kept{entries: map[string]audit.Entry{}, err: errors.New("busy")}
	log := audit.NewLog(store)
	if err := log.SignedIn(t.Context(), "ann", morning); !errors.Is(err, store.err) {
		t.Errorf("got %v", err)
	}
	store.err = nil
	if err := log.SignedIn(t.Context(), "ann", morning); err != nil || len(store.entries) != 1 {
		t.Errorf("%d entries, %v", len(store.entries), err)
	}
}

// TestFewSignInsAreRemembered logs more than a process remembers, twice.
func TestFewSignInsAreRemembered(t *testing.T) {
	store := &kept{entries: map[string]audit.Entry{}}
	log := audit.NewLog(store)
	for range 2 {
		for n := range 1500 {
			if err := log.SignedIn(t.Context(), fmt.Sprint("a", n), morning); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(store.entries) != 1500 || store.calls < 2000 || store.calls > 3000 {
		t.Errorf("%d entries in %d calls", len(store.entries), store.calls)
	}
}

func TestARefusalNamesTheRouteAndWhatIsMissing(t *testing.T) {
	store := &kept{entries: map[string]audit.Entry{}}
	ctx := audit.WithRequest(t.Context(), "r1")
	for range 2 {
		if err := audit.NewLog(store).Refused(ctx, morning, "ann", "purge-customer", "purge"); err != nil {
			t.Fatal(err)
		}
	}
	if len(store.entries) != 2 {
		t.Errorf("%d entries, want one for each refusal", len(store.entries))
	}
	for _, e := range store.entries {
		if e.Action != audit.Refused || e.By != "ann" || e.Subject != "purge-customer" || len(e.Fields) != 1 || e.Fields[0] != "purge" || e.RequestID != "r1" {
			t.Errorf("%+v", e)
		}
	}
}
