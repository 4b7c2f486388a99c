package fsck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// markSize is the length of a mark in bytes.
const markSize = 8

// checkRecent checks the marks of recent changes in a root: r0, r1 and so on without a gap for single
// changes, and ro for the last operation.
func (e *examination) checkRecent() {
	var bad []string
	for name, value := range e.root.raw {
		if isMark(name) && !e.markFits(name, value) {
			bad = append(bad, name)
		}
	}
	if len(bad) == 0 {
		return
	}
	slices.Sort(bad)
	e.rootProblem(BadState, e.fixRoot(repair.DropMarks{Attributes: bad}),
		"has %s among its recent changes: there may be r0 to r%d, without a gap, and ro, each of %d bytes", strings.Join(bad, ", "), customer.MaxRecent-1, markSize)
}

// isMark reports whether an attribute is the mark of a recent change.
func isMark(name string) bool {
	number, ok := strings.CutPrefix(name, "r")
	return ok && (number == "o" || number != "" && strings.Trim(number, "0123456789") == "")
}

func (e *examination) markFits(name string, value types.AttributeValue) bool {
	b, ok := value.(*types.AttributeValueMemberB)
	if !ok || len(b.Value) != markSize {
		return false
	}
	for i := range customer.MaxRecent {
		switch slot := fmt.Sprint("r", i); {
		case name == slot:
			return true
		case e.root.raw[slot] == nil:
			return name == "ro"
		}
	}
	return name == "ro"
}
