package operations

import (
	"errors"
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// TestTheReasonOfAnOperationNamesNobody keeps addresses out of what outlives customers.
func TestTheReasonOfAnOperationNamesNobody(t *testing.T) {
	op := bulk.Operation{Reason: "trials that ended; asked by ann@example.com, +49 30 0074321"}
	request := Request{Action: Delete, Selection: Selection{Trash: true}}
	if _, err := request.Prepare(t.Context(), nil, nil, &op); err != nil {
		t.Fatal(err)
	}
	if op.Action != Delete || op.Reason != "trials that ended; asked by […], […]" {
		t.Errorf("the operation is to %s: %q", op.Action, op.Reason)
	}
}

// TestAnOperationIsSelectedByWhenItHasEnded refuses to undo what is still being done: it would
// restore what is deleted by then, and the rest would be deleted after it.
func TestAnOperationIsSelectedByWhenItHasEnded(t *testing.T) {
	invalid := errors.New("invalid")
	for _, tt := range []struct {
		name, action string
		of           bulk.Operation
		want         error
	}{
		{"under way", Undo, bulk.Operation{Action: Delete, State: bulk.Running}, bulk.ErrRunning},
		{"under way, not to be undone", Purge, bulk.Operation{Action: Delete, State: bulk.Running}, bulk.ErrRunning},
		{"cancelled", Undo, bulk.Operation{Action: Delete, State: bulk.Cancelled}, nil},
		{"done in part", Undo, bulk.Operation{Action: Delete, State: bulk.Partial}, nil},
		{"of another action", Undo, bulk.Operation{Action: Block, State: bulk.Succeeded}, invalid},
		{"of no customers", Block, bulk.Operation{Action: Fsck, State: bulk.Succeeded}, invalid},
		{"of another action, not to be undone", Unblock, bulk.Operation{Action: Block, State: bulk.Succeeded}, nil},
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
