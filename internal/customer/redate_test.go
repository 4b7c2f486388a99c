package customer

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestRedateManyMakesOnlyAllowedTransitions checks that customers that are not in the trash, or are due, are
// refused as they were read, without a transition.
func TestRedateManyMakesOnlyAllowedTransitions(t *testing.T) {
	ch := Change{ID: "ch", By: "admin"}
	redated, dated, due, living := inTrash(noon.Add(time.Hour)), inTrash(noon.Add(time.Hour)), inTrash(noon), active()
	redated.Recent = redated.Recent.WithMany(ch.ID)
	store := contended{roots: map[string]Customer{}}
	var seen []Seen
	for id, c := range map[string]Customer{"redated": redated, "dated": dated, "due": due, "living": living} {
		c.ID, c.Version = id, 7
		store.roots[id] = c
	}
	for _, id := range []string{"redated", "dated", "due", "living", "nobody"} {
		seen = append(seen, Seen{ID: id, Version: 7})
	}
	results := store.over(&store).RedateMany(t.Context(), seen, PeriodOf(48*time.Hour), noon, ch)
	for i, want := range []error{nil, nil, ErrPurgeStarted, ErrNotDeleted, ErrNotFound} {
		if !errors.Is(results[i], want) {
			t.Errorf("%s: %v, want %v", seen[i].ID, results[i], want)
		}
	}
	if got := fmt.Sprint(store.asked); got != "[dated 7]" {
		t.Errorf("asked for %s", got)
	}
}
