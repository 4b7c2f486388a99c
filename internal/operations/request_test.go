package operations

import (
	"errors"
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// TestTheReasonOfAnOperationNamesNobody checks that addresses are removed from a reason, which outlives
// customers.
func TestTheReasonOfAnOperationNamesNobody(t *testing.T) {
	op := bulk.Operation{Reason: "trials that ended; asked by ann@example.com, +49 30 0074321"}
	request := Request{Action: Delete, Selection: Selection{Trash: true}}
	if _, err := request.Prepare(t.Context(), nil, nil, &op); err != nil {
		t.Fatal(err)
	}
	if op.Action != Delete || op.Reason != "trials that ended; asked by […], […]" {
		t.Errorf("action %s, reason %q", op.Action, op.Reason)
	}
}

// TestAnOperationIsSelectedByWhenItHasEnded checks that a running operation can't be selected by. An undo of it would
// restore some customers, and the running operation would delete others after that.
func TestAnOperationIsSelectedByWhenItHasEnded(t *testing.T) {
	invalid := errors.New("invalid")
	for _, tt := range []struct {
		name, action string
		of           bulk.Operation
		want         error
	}{
		{"running", Undo, bulk.Operation{Action: Delete, State: bulk.Running}, bulk.ErrRunning},
		{"running, for another action than undo", Purge, bulk.Operation{Action: Delete, State: bulk.Running}, bulk.ErrRunning},
		{"cancelled", Undo, bulk.Operation{Action: Delete, State: bulk.Cancelled}, nil},
		{"partial", Undo, bulk.Operation{Action: Delete, State: bulk.Partial}, nil},
		{"of another action", Undo, bulk.Operation{Action: Block, State: bulk.Succeeded}, invalid},
		{"not on customers", Block, bulk.Operation{Action: Fsck, State: bulk.Succeeded}, invalid},
		{"of another action, for another action than undo", Unblock, bulk.Operation{Action: Block, State: bulk.Succeeded}, nil},
	} {
		request := Request{Action: tt.action, Selection: Selection{Operation: "op"}}
		_, err := request.Prepare(t.Context(), nil, kept{op: tt.of}, &bulk.Operation{})
		if _, is := errors.AsType[*customer.InvalidError](err); is {
			err = invalid
		}
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}
