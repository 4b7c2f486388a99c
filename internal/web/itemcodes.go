package web

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/bulk"
	"lethe/internal/refusal"
)

// itemCode is a code that says why an operation did not change a customer.
type itemCode struct {
	code string
	note string // what the code means; empty: the same as for a problem
}

// The codes of items, for the documentation. An item of fsck can have the broken rule instead.
var (
	skippedCodes = []itemCode{
		{bulk.Changed, "it has changed since the plan"},
		{string(refusal.Unchanged), "it already has the wanted state"},
		{string(refusal.OnHold), ""},
		{string(refusal.HasDependents), ""},
		{string(refusal.InTrash), ""},
		{string(refusal.NotDeleted), ""},
		{string(refusal.PurgeStarted), ""},
		{string(refusal.Purged), "it has a certificate"},
		{string(refusal.NotFound), "no customer has or had this id"},
	}
	failedCodes = []itemCode{{bulk.GaveUp, "too many attempts failed; retry the operation"}}
	leftCodes   = []itemCode{{bulk.Interrupted, "it may have been changed"}}
)

// TransformSchema adds the codes to the description of code. huma calls it.
func (Item) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["code"].Description = "Why the customer was not changed. Skipped: " + describeCodes(skippedCodes) + ". Failed: " + describeCodes(failedCodes) + ". Left: " + describeCodes(leftCodes) + "."
	return s
}

func describeCodes(codes []itemCode) string {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = c.code
		if c.note != "" {
			list[i] += " (" + c.note + ")"
		}
	}
	return strings.Join(list, ", ")
}
