package operations

import (
	"fmt"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/docstest"
)

// TestThePageSaysTheLimits compares the numbers in docs/limits.md with the code.
func TestThePageSaysTheLimits(t *testing.T) {
	inPage := map[string]string{}
	for _, row := range docstest.Rows(docstest.Read(t, "docs/limits.md")) {
		inPage[row[0]] = row[1]
	}
	for what, want := range map[string]string{
		"kinds of records":                           fmt.Sprint(customer.MaxKinds),
		"a record's data":                            fmt.Sprintf("%d KB of JSON", customer.MaxRecordData>>10),
		"legal holds on a customer":                  fmt.Sprint(customer.MaxHolds),
		"depth of records":                           fmt.Sprint(customer.MaxDepth),
		"customers named one by one in an operation": fmt.Sprintf("%d,%03d, and %d KB of ids", MaxIDs/1000, MaxIDs%1000, MaxIDsSize>>10),
		"customers excluded from an operation":       fmt.Sprintf("%d,%03d", MaxExclude/1000, MaxExclude%1000),
	} {
		if inPage[what] != want {
			t.Errorf("%s: the page says %q, the code %q", what, inPage[what], want)
		}
	}
}
