package dynamo_test

import (
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

func TestACursorOfAnotherListIsRefusedAsOperationsSay(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	s.active(t)
	s.active(t)
	page, err := s.Customers(t.Context(), customer.Query{State: customer.Active, Limit: 1})
	if err != nil || page.Cursor == "" {
		t.Fatal(page, err)
	}
	for _, cursor := range []string{page.Cursor, "x"} {
		_, err = s.Operations().Operations(t.Context(), bulk.Query{Limit: 1, Cursor: cursor})
		refuses(t, err, bulk.ErrCursor)
	}
}
