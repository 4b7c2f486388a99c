package operations

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// TestWhatNeedsASecondAdministrator asks for each action, under rules for purges, for deletions, and for neither.
func TestWhatNeedsASecondAdministrator(t *testing.T) {
	none, purges, above := admin.FourEyes{}, admin.FourEyes{Purges: true}, admin.FourEyes{DeleteAbove: new(10)}
	month, day, short := customer.PeriodOf(30*24*time.Hour), customer.PeriodOf(24*time.Hour), customer.PeriodOf(24*time.Hour-time.Second)
	for _, tt := range []struct {
		name      string
		action    string
		retention customer.Period
		eligible  int
		four      admin.FourEyes
		want      bool
	}{
		{"a purge, without rules", Purge, month, 1, none, false},
		{"a purge", Purge, month, 1, purges, true},
		{"a purge of nobody", Purge, month, 0, purges, true},
		{"a purge, where only deletions count", Purge, month, 100, above, false},
		{"earlier purge times", Redate, month, 1, purges, true},
		{"a replay", Replay, month, 100, purges, false},
		{"a deletion, where only purges count", Delete, month, 100, purges, false},
		{"a deletion that can be undone for a day", Delete, day, 1, purges, false},
		{"a deletion that can be undone for less", Delete, short, 1, purges, true},
		{"a deletion without a trash", Delete, customer.PeriodOf(0), 1, purges, true},
		{"a deletion for ever in the trash", Delete, customer.Never, 1, purges, false},
		{"a deletion without a trash, where only deletions count", Delete, customer.PeriodOf(0), 10, above, false},
		{"a deletion of as many", Delete, month, 10, above, false},
		{"a deletion of more", Delete, month, 11, above, true},
		{"a deletion of one, where one administrator may delete nobody", Delete, month, 1, admin.FourEyes{DeleteAbove: new(0)}, true},
		{"a deletion of nobody", Delete, month, 0, admin.FourEyes{DeleteAbove: new(0)}, false},
		{"a restore", Restore, month, 100, admin.FourEyes{DeleteAbove: new(0), Purges: true}, false},
		{"a block", Block, month, 100, admin.FourEyes{DeleteAbove: new(0), Purges: true}, false},
	} {
		op := bulk.Operation{Action: tt.action, Impact: bulk.Impact{Subjects: 1000, Eligible: tt.eligible}}
		var err error
		if op.Basis, err = json.Marshal(basis{Retention: tt.retention}); err != nil {
			t.Fatal(err)
		}
		got, err := NeedsSecond(func(context.Context) (admin.FourEyes, error) { return tt.four, nil })(t.Context(), op)
		if err != nil || got != tt.want {
			t.Errorf("%s: %t, %v, want %t", tt.name, got, err, tt.want)
		}
	}
}

// TestNothingIsDecidedWithoutRules fails the reading of the rules, and gives a plan whose settings can't be read.
func TestNothingIsDecidedWithoutRules(t *testing.T) {
	broken := errors.New("broken")
	fails := NeedsSecond(func(context.Context) (admin.FourEyes, error) { return admin.FourEyes{}, broken })
	for action, want := range map[string]error{Purge: broken, Delete: broken, Redate: broken, Block: nil, Undo: nil} {
		if _, err := fails(t.Context(), bulk.Operation{Action: action}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", action, err, want)
		}
	}
	none := NeedsSecond(func(context.Context) (admin.FourEyes, error) { return admin.FourEyes{}, nil })
	if _, err := none(t.Context(), bulk.Operation{Action: Delete, Basis: []byte("{")}); err == nil {
		t.Error("a deletion under settings that can't be read is decided")
	}
}
