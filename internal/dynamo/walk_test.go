package dynamo_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"lethe/internal/customer"
)

// seed returns the seed of a random test: LETHE_SEED, or a new one. A failed test shows it.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("LETHE_SEED"), 10, 64)
	if err != nil {
		n = uint64(time.Now().UnixNano())
	}
	t.Logf("LETHE_SEED=%d", n)
	return n
}

// crowd is a list that is read in pages while customers come and go.
type crowd struct {
	*suite

	rng  *rand.Rand
	stay []string // those that are in the list throughout
	come []string // those that come and go
}

func newCrowd(t *testing.T, n int) *crowd {
	t.Helper()
	c := &crowd{newSuite(t), rand.New(rand.NewPCG(seed(t), 0)), nil, nil}
	for range n {
		c.tick()
		c.arrive(t)
	}
	return c
}

// arrive creates a customer with an id from the seed.
func (c *crowd) arrive(t *testing.T) {
	t.Helper()
	one := c.fresh()
	one.ID = strconv.FormatUint(c.rng.Uint64(), 36)
	one.Profile.Email = one.ID + "@alfreds.example"
	if err := c.Create(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	c.come = append(c.come, one.ID)
}

// tick moves the clock by 0 to 3 ms, so that some customers have the same time.
func (c *crowd) tick() { c.world.Clock.Move(time.Duration(c.rng.IntN(4)) * time.Millisecond) }

// settle makes half of the customers stay.
func (c *crowd) settle() {
	c.rng.Shuffle(len(c.come), func(i, j int) { c.come[i], c.come[j] = c.come[j], c.come[i] })
	half := len(c.come) / 2
	c.stay, c.come = c.come[:half:half], c.come[half:]
}

// stir changes a customer that comes and goes, or makes a change to one that stays without moving it.
func (c *crowd) stir(t *testing.T) {
	t.Helper()
	c.tick()
	ctx, id := t.Context(), c.come[c.rng.IntN(len(c.come))]
	switch c.rng.IntN(5) {
	case 0:
		c.arrive(t)
	case 1:
		ch := c.change(customer.ActionDeleted)
		_, _ = c.Delete(ctx, id, deletionBy(ch, policies.Retention), policies, ch)
	case 2:
		_, _ = c.Restore(ctx, id, "", c.change(customer.ActionRestored))
	default:
		stays := c.stay[c.rng.IntN(len(c.stay))]
		_, _ = c.SetBlocked(ctx, stays, c.rng.IntN(2) == 0, c.change(customer.ActionBlocked))
	}
}

// page makes some changes, and then reads the next page, of random length.
func (c *crowd) page(t *testing.T, q customer.Query) customer.Page {
	t.Helper()
	for range c.rng.IntN(4) {
		c.stir(t)
	}
	q.Limit = 1 + c.rng.IntN(7)
	page, err := c.Customers(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Customers) > q.Limit || page.Cursor != "" && len(page.Customers) < q.Limit {
		t.Errorf("a page of %d has %d customers, cursor %q", q.Limit, len(page.Customers), page.Cursor)
	}
	return page
}

// through reads a list in pages and compares the customers with those that stayed. after reports
// whether a customer comes after another in the list's order.
func (c *crowd) through(t *testing.T, q customer.Query, after func(c, before customer.Customer) bool) {
	t.Helper()
	seen := map[string]int{}
	var last *customer.Customer
	for more := true; more; more = q.Cursor != "" {
		page := c.page(t, q)
		for _, met := range page.Customers {
			place := met.ID
			if met.Deletion != nil {
				place += met.Deletion.ID // deleted again, it is in the trash another time
			}
			seen[place]++
			if last != nil && !after(met, *last) {
				t.Errorf("%s, %s comes after %s, %s", met.ID, met.Created, last.ID, last.Created)
			}
			last = &met
			if slices.Contains(c.stay, met.ID) {
				seen["stays "+met.ID]++
			}
		}
		q.Cursor = page.Cursor
	}
	for _, id := range c.stay {
		if seen["stays "+id] != 1 {
			t.Errorf("%s was there throughout, and is seen %d times", id, seen["stays "+id])
		}
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s is seen %d times", id, n)
		}
	}
}

func TestAWalkMeetsAllThatStayOnceWhileOthersComeAndGo(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 60)
	c.settle()
	for range 5 {
		c.through(t, customer.Query{State: customer.Active}, func(c, before customer.Customer) bool {
			if c.Created.Equal(before.Created) {
				return c.ID < before.ID
			}
			return c.Created.Before(before.Created)
		})
	}
}

func TestAWalkThroughTheTrashMeetsAllThatStayOnce(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 60)
	for _, id := range c.come {
		c.tick()
		c.delete(t, id, 30*day)
	}
	c.settle()
	for range 5 {
		c.through(t, customer.Query{State: customer.Deleted}, func(c, before customer.Customer) bool {
			if c.Deletion.PurgeTime.Equal(before.Deletion.PurgeTime) {
				return c.ID > before.ID
			}
			return c.Deletion.PurgeTime.After(before.Deletion.PurgeTime)
		})
	}
}

func TestAWalkThroughASearchMeetsAllThatStayOnce(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 40)
	c.settle()
	for range 3 {
		c.through(t, customer.Query{Search: "an alf"}, func(customer.Customer, customer.Customer) bool { return true })
	}
}
