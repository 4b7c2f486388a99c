package operations

import (
	"testing"

	"lethe/internal/bulk"
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
