package customer

import (
	"fmt"
	"testing"
)

func TestACustomerRemembersItsLastChanges(t *testing.T) {
	var c Customer
	c.Recent = c.Recent.With("first").WithMany("operation")
	before := c.Recent
	for i := range MaxRecent - 1 {
		if c.Recent = c.Recent.With(fmt.Sprint(i)); !c.Made("first") || !c.Made(fmt.Sprint(i)) {
			t.Fatalf("after %d others: %v", i+1, c.Recent)
		}
	}
	c.Recent = c.Recent.With("last")
	if c.Made("first") || !c.Made("last") || !c.Made("operation") || len(c.Recent.Single) != MaxRecent {
		t.Errorf("after %d others: %v", MaxRecent, c.Recent)
	}
	if len(before.Single) != 1 || !before.Has("first") || before.Has("0") {
		t.Errorf("With changed its receiver: %v", before)
	}
	if c.Last.ID = "by another version"; !c.Made("by another version") {
		t.Error("the customer does not remember its last change")
	}
}
