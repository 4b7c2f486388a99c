package customer

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestAPurgeStopsAtAStepThatFails(t *testing.T) {
	broken := errors.New("broken")
	fenced := purging(noon)
	for _, test := range []struct {
		name       string
		store      scripted
		generation string
		want       string // the steps taken
		err        error
	}{
		{"all goes well", scripted{customer: fenced}, "d1", "erase read back certify remove", nil},
		{"another generation's job", scripted{customer: fenced}, "d0", "", nil},
		{"a job of one that was restored", scripted{customer: active()}, "d1", "", nil},
		{"a job of one that is not past the fence", scripted{customer: inTrash(noon)}, "d1", "", nil},
		{"the erasure fails", scripted{customer: fenced, erase: broken}, "d1", "erase", broken},
		{"the deadline comes", scripted{customer: fenced, erase: ErrUnfinished}, "d1", "erase", ErrUnfinished},
		{"the deadline comes, and the lease can't be given back", scripted{customer: fenced, erase: ErrUnfinished, refusals: map[string]error{"ALFKI": broken}}, "d1", "erase", broken},
		{"the certificate fails", scripted{customer: fenced, certify: broken}, "d1", "erase read back certify", broken},
	} {
		store := test.store
		err := store.service(t).Purge(t.Context(), Job{Customer: "ALFKI", Generation: test.generation})
		if got := strings.Join(store.calls, " "); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v, want %q, %v", test.name, got, err, test.want, test.err)
		}
	}
}

// TestACertificateHasTheFrozenPolicies has settings that changed after the fence. They only count for a
// customer that an older version of Lethe fenced.
func TestACertificateHasTheFrozenPolicies(t *testing.T) {
	now := everyPolicy
	now.Version = 1
	for _, test := range []struct {
		name   string
		frozen []Kind
		want   string
	}{
		{"retained then", []Kind{{Name: "chat", Policy: Retain}}, "map[chat:retain] map[] map[chat:3]"},
		{"unknown then", Settings{}.Freeze(), "map[chat:restrict] map[chat:3] map[]"},
		{"by an older version", nil, "map[chat:cascade] map[chat:3] map[]"},
	} {
		fenced := purging(noon).with(map[string]int64{"chat": 3})
		fenced.Frozen = test.frozen
		store := scripted{customer: fenced, settings: now}
		if err := store.service(t).Purge(t.Context(), Job{Customer: "ALFKI", Generation: "d1"}); err != nil {
			t.Fatal(err)
		}
		cert := store.certs[0]
		if got := fmt.Sprint(cert.Policies, cert.Erased, cert.Retained); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestNothingIsCertifiedWhileSomethingIsLeft(t *testing.T) {
	store := scripted{customer: purging(noon), residue: 1}
	err := store.service(t).Purge(t.Context(), Job{Customer: "ALFKI", Generation: "d1"})
	var residue *ResidueError
	if !errors.As(err, &residue) || residue.Left != 1 || strings.Join(store.calls, " ") != "erase read back" {
		t.Errorf("%v, %v", err, store.calls)
	}
}

// TestExpireOfACertifiedCustomer checks that the removal of a root by TTL starts a purge only if it has not
// been done: without a certificate, or with items that a restored backup has brought back.
func TestExpireOfACertifiedCustomer(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name      string
		certified bool
		unread    error
		residue   int
		want      string
		err       error
	}{
		{"nothing is left", true, nil, 0, "read back", nil},
		{"something is left", true, nil, 3, "read back put back ALFKI", nil},
		{"not certified", false, nil, 0, "put back ALFKI", nil},
		{"the ledger fails", false, broken, 0, "", broken},
	} {
		store := scripted{customer: inTrash(noon), residue: test.residue, certified: test.certified, unread: test.unread}
		err := store.service(t).Expire(t.Context(), store.customer)
		got := strings.Join(append(store.calls, store.queued...), " ")
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v, want %q, %v", test.name, got, err, test.want, test.err)
		}
	}
}
