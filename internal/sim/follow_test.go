package sim

import (
	"fmt"
	"time"

	"lethe/internal/customer"
)

// followed is a batch of the change stream: more customers are added than one transaction logs, one gets another name,
// and others are blocked.
var followed = scenario{
	name: "log a batch of changes",
	prepare: func(c *crash) {
		before, err := c.safe.Totals(c.Context())
		if err != nil {
			c.Fatal(err)
		}
		c.counted, c.found.Created = before, time.Now().UTC().Truncate(time.Millisecond) // the day is checked by the real time
	},
	act: func(c *crash) error {
		_, err := c.service.Follow(c.Context(), c.changes())
		return err
	},
	left: func(c *crash) { c.loggedAndCounted() },
	check: func(c *crash) {
		changes := c.changes()
		for _, cut := range []int{3, 10, len(changes) - 1} { // delivered again, in other groups
			for _, group := range [][]customer.RootChange{changes[:cut], changes[cut:]} {
				if done, err := c.safe.Follow(c.Context(), group); err != nil || done != len(group) {
					c.Errorf("delivered again: %d of %d done, %v", done, len(group), err)
				}
			}
		}
		if logged := c.loggedAndCounted(); logged != len(changes) {
			c.Errorf("%d changes are logged, want %d", logged, len(changes))
		}
	},
}

// changes are 28 additions, a new name of the first customer, and 4 blocks.
func (c *crash) changes() (changes []customer.RootChange) {
	at := c.found.Created // the same at each delivery
	add := func(n int, before, after *customer.Customer) {
		changes = append(changes, customer.RootChange{Before: before, After: after, Seq: fmt.Sprintf("%021d", n), At: at})
	}
	image := func(i int, action customer.Action, name string) *customer.Customer {
		return &customer.Customer{
			ID: fmt.Sprint(c.id, "-", i), Version: 1, State: customer.Active, Profile: customer.Profile{LastName: name},
			Last: customer.Change{ID: string(action), At: at, By: "admin", Action: action, Reason: "for Berglund"},
		}
	}
	for i := range 28 {
		add(i, nil, image(i, customer.ActionCreated, "Anders"))
	}
	add(28, image(0, customer.ActionCreated, "Anders"), image(0, customer.ActionUpdated, "Berglund"))
	for i := range 4 {
		add(29+i, image(i, customer.ActionCreated, "Anders"), image(i, customer.ActionBlocked, "Anders"))
	}
	return changes
}

// loggedAndCounted checks that exactly the logged additions are counted, and returns how many changes are logged.
func (c *crash) loggedAndCounted() (logged int) {
	added := int64(0)
	for i := range 28 {
		page, err := c.safe.Entries(c.Context(), customer.EntryQuery{Customer: fmt.Sprint(c.id, "-", i), Limit: 10})
		if err != nil {
			c.Fatal(err)
		}
		for _, e := range page.Entries {
			if logged++; e.Action == customer.ActionCreated {
				added++
			}
		}
	}
	got, err := c.safe.Totals(c.Context())
	if want := c.counted.Plus(customer.Totals{Active: added}); err != nil || got != want {
		c.Errorf("totals %+v, %v, want %+v", got, err, want)
	}
	return logged
}
