package web

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/bulk"
	"lethe/internal/refusal"
)

// itemCode is the code of an item whose customer an operation was not done to.
type itemCode struct {
	code string
	note string // what the code means; empty: its problem tells
}

// The codes of items, for the documentation. An item of fsck may have the rule that is broken in place of them.
var (
	skippedCodes = []itemCode{
		{bulk.Changed, "since the plan"},
		{string(refusal.Unchanged), "it is so already"},
		{string(refusal.OnHold), ""},
		{string(refusal.HasDependents), ""},
		{string(refusal.InTrash), ""},
		{string(refusal.NotDeleted), ""},
		{string(refusal.PurgeStarted), ""},
		{string(refusal.Purged), "gone for good; there is a certificate"},
		{string(refusal.NotFound), "nobody ever had that id"},
	}
	failedCodes = []itemCode{{bulk.GaveUp, "attempts without end; retry"}}
	leftCodes   = []itemCode{{bulk.Interrupted, "it may have been done"}}
)

// TransformSchema describes the codes.
func (Item) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["code"].Description = "Why. Skipped: " + inWords(skippedCodes) + ". Failed: " + inWords(failedCodes) + ". Left: " + inWords(leftCodes) + "."
	return s
}

func inWords(codes []itemCode) string {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = c.code
		if c.note != "" {
			list[i] += " (" + c.note + ")"
		}
	}
	return strings.Join(list, ", ")
}
