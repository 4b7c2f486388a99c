package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lethe/internal/docstest"
)

// TestThePageCountsThePlantedBugs compares the numbers in docs/testing.md with the list of bugs.
func TestThePageCountsThePlantedBugs(t *testing.T) {
	ofTheModel := 0
	for _, bug := range bugs {
		if bug.inTheModel() {
			ofTheModel++
		}
	}
	text := strings.Join(strings.Fields(docstest.Section(t, "docs/testing.md", "## Simulated histories")), " ")
	for _, want := range []string{
		fmt.Sprintf("%d bugs are planted into copies of the source", len(bugs)),
		fmt.Sprintf("%d of them are planted, wholly or in part, into the model of the table", ofTheModel),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("docs/testing.md does not say: %s", want)
		}
	}
}

func (p planted) inTheModel() bool {
	return slices.ContainsFunc(p.edits, func(e edit) bool { return strings.HasPrefix(e.file, "sim/model/") })
}
