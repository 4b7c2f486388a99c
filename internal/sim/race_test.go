package sim

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/customer"
)

// race lets several processes act on one customer concurrently.
type race struct {
	name    string
	prepare func(r *run)
	actors  []actor
	dying   int // the last actors, which die at some request; their errors are ignored
	check   func(r *run)
}

// actor is the action of one process.
type actor func(r *run, s process) error

type process struct {
	*customer.Service

	cfg aws.Config
}

// run is one order of the requests of a race.
type run struct {
	testing.TB

	world *World
	safe  *customer.Service
	id    string
	found customer.Customer // the customer after prepare
	errs  []error           // of the actors
}

var races = []race{
	{
		name:    "delete against adding a record that restricts",
		prepare: func(r *run) { create(r, r.safe, r.id) },
		actors:  []actor{deleting, adding("contract~1")},
		check: func(r *run) {
			var dependents *customer.DependentsError
			switch {
			case r.errs[0] == nil && errors.Is(r.errs[1], customer.ErrInTrash):
				r.in(customer.Deleted, 0)
			case r.errs[1] == nil && errors.As(r.errs[0], &dependents) && dependents.Counts["contract"] == 1:
				r.in(customer.Active, 1)
			default:
				r.Errorf("delete: %v, add: %v", r.errs[0], r.errs[1])
			}
		},
	},
	{
		name:    "delete against removing the record that restricts",
		prepare: func(r *run) { create(r, r.safe, r.id, "contract~1") },
		actors:  []actor{deleting, removing("contract~1")},
		check: func(r *run) {
			if r.errs[1] != nil {
				r.Errorf("remove: %v", r.errs[1])
			}
			if r.errs[0] == nil {
				r.in(customer.Deleted, 0)
			} else {
				r.in(customer.Active, 0)
			}
		},
	},
	{
		name:    "restore against a purge",
		prepare: func(r *run) { create(r, r.safe, r.id, "ticket~1"); r.found = remove(r, r.safe, r.id) },
		actors:  []actor{restoring, finishing},
		check: func(r *run) {
			switch {
			case r.errs[0] == nil && errors.Is(r.errs[1], customer.ErrNotDeleted):
				r.in(customer.Active, 1)
			case r.errs[1] == nil:
				r.refused(0, customer.ErrPurgeStarted, customer.ErrNotFound)
				gone(r, r.safe, r.id, 1, 0)
			default:
				r.Errorf("restore: %v, purge: %v", r.errs[0], r.errs[1])
			}
		},
	},
	{
		name: "two purges at once",
		prepare: func(r *run) {
			create(r, r.safe, r.id, append(tickets(30), "invoice~1", "invoice~1~line~1")...)
			r.found = fence(r, r.safe, r.id)
		},
		actors: []actor{working, working},
		check:  func(r *run) { r.succeeded(0, 1); gone(r, r.safe, r.id, 31, 1) },
	},
	{
		name:    "three purges at once, two of them die",
		dying:   2,
		prepare: func(r *run) { create(r, r.safe, r.id, "ticket~1", "invoice~1"); r.found = fence(r, r.safe, r.id) },
		actors:  []actor{working, working, working},
		check:   func(r *run) { r.succeeded(0); gone(r, r.safe, r.id, 1, 1) },
	},
	{
		name:    "two purges at once, both die",
		dying:   2,
		prepare: func(r *run) { create(r, r.safe, r.id, "ticket~1", "invoice~1"); r.found = fence(r, r.safe, r.id) },
		actors:  []actor{working, working},
		check: func(r *run) {
			if err := working(r, process{Service: r.safe}); err != nil {
				r.Error(err)
			}
			gone(r, r.safe, r.id, 1, 1)
		},
	},
	{
		name:    "purge against TTL and the stream",
		prepare: func(r *run) { create(r, r.safe, r.id, "ticket~1"); r.found = fence(r, r.safe, r.id) },
		actors:  []actor{working, expiring},
		check: func(r *run) {
			r.succeeded(0, 1)
			if err := working(r, process{Service: r.safe}); err != nil {
				r.Error(err)
			}
			gone(r, r.safe, r.id, 1, 0)
		},
	},
	{
		name:    "two deletes at once",
		prepare: func(r *run) { r.found = create(r, r.safe, r.id, "ticket~1") },
		actors:  []actor{deleting, deleting},
		check: func(r *run) {
			r.succeeded(0, 1)
			if got := r.in(customer.Deleted, 1); got.Version != r.found.Version+1 {
				r.Errorf("deleted twice: version %d", got.Version)
			}
		},
	},
	{
		name:    "delete against restore, both twice",
		prepare: func(r *run) { create(r, r.safe, r.id, "ticket~1"); r.found = remove(r, r.safe, r.id) },
		actors:  []actor{deleting, restoring, deleting, restoring},
		check: func(r *run) {
			r.succeeded(0, 2)
			restored := 0
			for _, i := range []int{1, 3} {
				if r.errs[i] == nil {
					restored++
				} else {
					r.refused(i, customer.ErrNotDeleted)
				}
			}
			if restored != 1 {
				r.Errorf("the same deletion was undone %d times", restored)
			}
		},
	},
	{
		name: "hold against the sweep",
		prepare: func(r *run) {
			create(r, r.safe, r.id, "ticket~1")
			r.world.due(r, r.id)
		},
		actors: []actor{holding, sweeping},
		check: func(r *run) {
			r.succeeded(1)
			if r.errs[0] == nil {
				if got := r.in(customer.Deleted, 1); len(got.Holds) != 1 {
					r.Errorf("holds: %v", got.Holds)
				}
				return
			}
			r.refused(0, customer.ErrPurgeStarted)
			r.in(customer.Purging, 1)
			work(r, r.world, r.safe)
			gone(r, r.safe, r.id, 1, 0)
		},
	},
	{
		name:    "hold against delete",
		prepare: func(r *run) { create(r, r.safe, r.id) },
		actors:  []actor{holding, deleting},
		check: func(r *run) {
			r.succeeded(0)
			var held *customer.HoldError
			if r.errs[1] != nil && !errors.As(r.errs[1], &held) {
				r.Errorf("delete: %v", r.errs[1])
			}
		},
	},
	{
		name: "lift against restore",
		prepare: func(r *run) {
			create(r, r.safe, r.id)
			remove(r, r.safe, r.id)
			if err := holding(r, process{Service: r.safe}); err != nil {
				r.Fatal(err)
			}
		},
		actors: []actor{
			func(r *run, s process) error {
				_, err := s.Lift(context.Background(), r.id, "case", byAdmin)
				return err
			},
			func(r *run, s process) error {
				_, err := s.Restore(context.Background(), r.id, "", byAdmin)
				return err
			},
		},
		check: func(r *run) {
			r.succeeded(0, 1)
			if got := r.in(customer.Active, 0); len(got.Holds) != 0 {
				r.Errorf("holds: %v", got.Holds)
			}
		},
	},
	{
		name:    "update against delete",
		prepare: func(r *run) { create(r, r.safe, r.id) },
		actors:  []actor{renaming("berglund"), deleting},
		check: func(r *run) {
			r.succeeded(1)
			if r.errs[0] != nil {
				r.refused(0, customer.ErrInTrash)
			}
			r.in(customer.Deleted, 0)
		},
	},
	{
		name:    "update against update",
		prepare: func(r *run) { create(r, r.safe, r.id) },
		actors:  []actor{renaming("berglund"), renaming("chang")},
		check:   func(r *run) { r.succeeded(0, 1) },
	},
	{
		name:    "create twice with the same e-mail address",
		prepare: func(*run) {},
		actors:  []actor{creating("a"), creating("b")},
		check: func(r *run) {
			var taken *customer.EmailTakenError
			if (r.errs[0] == nil) == (r.errs[1] == nil) || !errors.As(errors.Join(r.errs...), &taken) {
				r.Errorf("one must get the address: %v", r.errs)
			}
		},
	},
	{
		name:    "create twice with the same id",
		prepare: func(*run) {},
		actors:  []actor{creating(""), creating("")},
		check: func(r *run) {
			if (r.errs[0] == nil) == (r.errs[1] == nil) || !errors.Is(errors.Join(r.errs...), customer.ErrExists) {
				r.Errorf("one must get the id: %v", r.errs)
			}
		},
	},
	{
		name:    "create against the purge of the same id",
		prepare: func(r *run) { create(r, r.safe, r.id, "ticket~1"); r.found = fence(r, r.safe, r.id) },
		actors:  []actor{creating(""), working},
		check: func(r *run) {
			r.succeeded(1)
			if r.errs[0] == nil {
				r.Error("the id of a purged customer was used again")
			}
			gone(r, r.safe, r.id, 1, 0)
		},
	},
	{
		name:    "add a child against removing its parent",
		prepare: func(r *run) { create(r, r.safe, r.id, "ticket~1", "ticket~1~line~1") },
		actors:  []actor{adding("ticket~1~line~2", "ticket~1~line~2~line~1"), removing("ticket~1")},
		check:   func(r *run) { r.succeeded(1); r.refusedOr(0, customer.ErrNoParent) },
	},
	{
		name:    "remove the same records twice",
		prepare: func(r *run) { create(r, r.safe, r.id, subtree(3)...) },
		actors:  []actor{removing("ticket~1"), removing("ticket~1~line~1")},
		check:   func(r *run) { r.succeeded(0); r.refusedOr(1, customer.ErrNoRecord); r.in(customer.Active, 1) },
	},
	{
		name: "two sweeps and a restore",
		prepare: func(r *run) {
			create(r, r.safe, r.id, "ticket~1")
			r.found = r.world.due(r, r.id)
		},
		actors: []actor{sweeping, sweeping, restoring},
		check: func(r *run) {
			r.refusedOr(0, customer.ErrLeased)
			r.refusedOr(1, customer.ErrLeased)
			r.refused(2, customer.ErrPurgeStarted)
			work(r, r.world, r.safe)
			gone(r, r.safe, r.id, 1, 0)
		},
	},
}

func deleting(r *run, s process) error {
	_, err := s.Delete(context.Background(), r.id, byAdmin)
	return err
}

func restoring(r *run, s process) error {
	_, err := s.Restore(context.Background(), r.id, r.found.Deletion.ID, byAdmin)
	return err
}

func holding(r *run, s process) error {
	_, err := s.Hold(context.Background(), r.id, "case", byAdmin)
	return err
}

func sweeping(_ *run, s process) error {
	_, err := s.Sweep(context.Background())
	return err
}

func adding(keys ...string) actor {
	return func(r *run, s process) error {
		results, err := s.AddRecords(context.Background(), r.id, records(keys...), byAdmin)
		return errors.Join(append(results, err)...)
	}
}

func removing(k string) actor {
	return func(r *run, s process) error {
		return s.RemoveRecord(context.Background(), r.id, key(k), byAdmin)
	}
}

func renaming(to string) actor {
	return func(r *run, s process) error {
		_, err := s.Update(context.Background(), r.id, func(p customer.Profile) customer.Profile {
			p.LastName, p.Email = to, to+"-"+r.id+"@example.com"
			return p
		}, byAdmin)
		return err
	}
}

// creating creates the customer or, with a suffix, one with the same address and another id.
func creating(suffix string) actor {
	return func(r *run, s process) error {
		_, err := s.Create(context.Background(), r.id+suffix, ann(r.id), byAdmin)
		return err
	}
}

func working(r *run, s process) error {
	return s.Purge(context.Background(), customer.Job{Customer: r.id, Generation: r.found.Deletion.ID})
}

// finishing starts a purge and completes it.
func finishing(r *run, s process) error {
	if _, err := s.StartPurge(context.Background(), r.id, customer.Fence{Generation: r.found.Deletion.ID}, byAdmin); err != nil {
		return err
	}
	return working(r, s)
}

// expiring removes the root as TTL does, and handles the stream record.
func expiring(r *run, s process) error {
	if err := expire(s.cfg, r.world.Name, r.id); err != nil {
		return done(err, errGone)
	}
	return s.Expire(context.Background(), r.found)
}

func (r *run) in(state customer.State, records int64) customer.Customer {
	r.Helper()
	got, err := r.safe.Get(context.Background(), r.id)
	if err != nil {
		r.Fatal(err)
	}
	if got.State != state || got.Records() != records {
		r.Fatalf("customer is %s with %d records, want %s with %d", got.State, got.Records(), state, records)
	}
	return got
}

func (r *run) succeeded(actors ...int) {
	r.Helper()
	for _, i := range actors {
		if r.errs[i] != nil {
			r.Errorf("actor %d: %v", i, r.errs[i])
		}
	}
}

// refused fails the test unless the actor got one of the errors. A certificate counts as ErrNotFound.
func (r *run) refused(actor int, errs ...error) {
	r.Helper()
	var purged *customer.PurgedError
	for _, err := range errs {
		if errors.Is(r.errs[actor], err) || errors.Is(err, customer.ErrNotFound) && errors.As(r.errs[actor], &purged) {
			return
		}
	}
	r.Errorf("actor %d: %v, want one of %v", actor, r.errs[actor], errs)
}

func (r *run) refusedOr(actor int, errs ...error) {
	r.Helper()
	if r.errs[actor] != nil {
		r.refused(actor, errs...)
	}
}

// due deletes a customer and moves the clock past its purge time.
func (w *World) due(t testing.TB, id string) customer.Customer {
	t.Helper()
	c := remove(t, w.Service(w.Config), id)
	w.Clock.Move(31 * day)
	return c
}

// orders is the number of orders of each race, fewOrders the number with -short. LETHE_ORDERS sets
// another number, LETHE_SEED the first seed.
const orders, fewOrders = 150, 15

// TestRaces runs each race in many orders of requests. Each order is drawn from a seed, which a failure
// names.
func TestRaces(t *testing.T) {
	t.Parallel()
	from, n := number64(t, "LETHE_SEED", 1), number64(t, "LETHE_ORDERS", unlessShort[uint64](orders, fewOrders))
	for _, race := range races {
		t.Run(race.name, func(t *testing.T) {
			t.Parallel()
			w := NewWorld(t, policies)
			for seed := from; seed < from+n && !t.Failed(); seed++ {
				race.run(t, w, seed)
			}
		})
	}
}

// unlessShort returns the first number, or with -short the second.
func unlessShort[N int | uint64](all, few N) N {
	if testing.Short() {
		return few
	}
	return all
}

func number64(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

func (c race) run(t *testing.T, w *World, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	r := &run{TB: t, world: w, safe: w.Service(w.Config), id: name("seed", seed), errs: make([]error, len(c.actors))}
	c.prepare(r)
	var actors []func(aws.Config)
	for i, act := range c.actors {
		faults := &Faults{}
		dies := i >= len(c.actors)-c.dying
		if dies {
			faults.Fail(1+rng.IntN(12), []Fault{Undone, Done}[rng.IntN(2)], true)
		}
		actors = append(actors, func(cfg aws.Config) {
			cfg = faults.Attach(cfg)
			if err := act(r, process{w.Service(cfg), cfg}); !dies {
				r.errs[i] = err
			}
		})
	}
	order := Interleave(t, w.Config, rng, actors...)
	c.check(r)
	if t.Failed() {
		t.Logf("LETHE_SEED=%d, requests by actor: %v", seed, order)
	}
}
