package sim

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/customer"
	"lethe/internal/engine/enginetest"
	"lethe/internal/fsck"
	"lethe/internal/ledger"
	"lethe/internal/queue"
)

// scenario is an action of a process that may fail or die at each of its requests.
type scenario struct {
	name string
	// prepare creates the state that the action starts from.
	prepare func(c *crash)
	// act is the action. A retry may find it done: then act returns nil for the errors that a
	// client treats as success.
	act func(c *crash) error
	// rootless means that TTL has removed the root, so that the rest of the customer is expected
	// to be there without it.
	rootless bool
	// left checks the state after the failure, before the retry. It may be nil.
	left func(c *crash)
	// check checks the state after the retry.
	check func(c *crash)
}

// crash is one run of a scenario.
type crash struct {
	*testing.T

	world   *World
	id      string
	safe    *customer.Service // without faults
	service *customer.Service // with faults
	found   customer.Customer // the customer after prepare
	jobs    *messages
	counted customer.Totals // after prepare, if that reads them
	message []customer.Job
}

// addressed returns a function that sets the e-mail address of a profile.
func addressed(email string) func(customer.Profile) customer.Profile {
	return func(p customer.Profile) customer.Profile {
		p.Email = email
		return p
	}
}

var scenarios = []scenario{
	{
		name:    "create",
		prepare: func(*crash) {},
		act: func(c *crash) error {
			_, err := c.service.Create(c.Context(), c.id, ann(c.id), byAdmin)
			return done(err, customer.ErrExists)
		},
		check: func(c *crash) { c.in(customer.Active, 0) },
	},
	{
		name:    "update with another e-mail address",
		prepare: func(c *crash) { c.found = create(c, c.safe, c.id) },
		act: func(c *crash) error {
			_, err := c.service.Update(c.Context(), c.id, func(p customer.Profile) customer.Profile {
				p.Email, p.LastName = "new-"+p.Email[len(p.Email)-len(ann(c.id).Email):], "Berglund"
				return p
			}, byAdmin)
			return err
		},
		check: func(c *crash) {
			got := c.in(customer.Active, 0)
			if got.Profile.Email != "new-"+ann(c.id).Email {
				c.Errorf("e-mail address is %s", got.Profile.Email)
			}
			if reason := customer.Blot("was Anders", &got); reason != "was […]" {
				c.Errorf("the former name is not redacted: %q", reason)
			}
			create(c, c.safe, c.id+"x")
		},
	},
	{
		name: "update with an address that is claimed in another form",
		prepare: func(c *crash) {
			c.found = create(c, c.safe, c.id)
			if _, err := c.safe.Update(c.Context(), c.id, addressed(c.id+"@früchte.example"), byAdmin); err != nil {
				c.Fatal(err)
			}
		},
		act: func(c *crash) error {
			_, err := c.service.Update(c.Context(), c.id, addressed(c.id+"@gemüse.example"), byAdmin)
			return err
		},
		check: func(c *crash) {
			if got := c.in(customer.Active, 0); got.Claimed() != c.id+"@xn--gemse-mva.example" {
				c.Errorf("claimed is %s", got.Claimed())
			}
			if _, err := c.safe.EmailOwner(c.Context(), c.id+"@früchte.example"); !errors.Is(err, customer.ErrNotFound) {
				c.Errorf("its former address: %v", err)
			}
		},
	},
	{
		name:    "delete",
		prepare: func(c *crash) { create(c, c.safe, c.id, "ticket~1", "ticket~1~line~1") },
		act: func(c *crash) error {
			_, err := c.service.Delete(c.Context(), c.id, byAdmin)
			return err
		},
		check: func(c *crash) { c.in(customer.Deleted, 2) },
	},
	{
		name:    "restore",
		prepare: func(c *crash) { create(c, c.safe, c.id, "ticket~1"); c.found = remove(c, c.safe, c.id) },
		act: func(c *crash) error {
			_, err := c.service.Restore(c.Context(), c.id, "", byAdmin)
			return err
		},
		check: func(c *crash) { c.in(customer.Active, 1) },
	},
	{
		name:    "block",
		prepare: func(c *crash) { create(c, c.safe, c.id) },
		act: func(c *crash) error {
			_, err := c.service.Block(c.Context(), c.id, byAdmin)
			return err
		},
		check: func(c *crash) {
			if got := c.in(customer.Active, 0); !got.Blocked || got.Epoch != 1 {
				c.Errorf("blocked %t, epoch %d", got.Blocked, got.Epoch)
			}
		},
	},
	{
		name:    "restore an active customer under a key",
		prepare: func(c *crash) { create(c, c.safe, c.id) },
		act:     func(c *crash) error { return restoreOnce(c, c.service) },
		check: func(c *crash) {
			remove(c, c.safe, c.id)
			if err := restoreOnce(c, c.safe); err != nil {
				c.Error(err)
			}
			c.in(customer.Deleted, 0)
		},
	},
	{
		name:    "hold on a deleted customer",
		prepare: func(c *crash) { create(c, c.safe, c.id); remove(c, c.safe, c.id) },
		act: func(c *crash) error {
			_, err := c.service.Hold(c.Context(), c.id, "case-1", byAdmin)
			return err
		},
		check: func(c *crash) {
			if got := c.in(customer.Deleted, 0); len(got.Holds) != 1 {
				c.Errorf("holds: %v", got.Holds)
			}
		},
	},
	{
		name:    "lift a hold of a deleted customer",
		prepare: (*crash).holdInTrash,
		act:     (*crash).lift,
		check: func(c *crash) {
			if got := c.in(customer.Deleted, 0); len(got.Holds) != 0 {
				c.Errorf("holds: %v", got.Holds)
			}
		},
	},
	{
		name: "lift the last hold of a customer after its purge time",
		prepare: func(c *crash) {
			c.holdInTrash()
			c.world.Clock.Move(31 * day)
		},
		act: (*crash).lift,
		check: func(c *crash) {
			c.sweep()
			got := c.in(customer.Deleted, 0)
			if due := got.Last.At.Add(customer.LiftNotice); len(got.Holds) != 0 || !got.Deletion.PurgeTime.Equal(due) {
				c.Errorf("holds %v, due %v instead of %v", got.Holds, got.Deletion.PurgeTime, due)
			}
			c.world.Clock.Move(customer.LiftNotice)
			c.sweep()
			c.work()
			gone(c, c.safe, c.id, 0, 0)
		},
	},
	{
		name:    "add records, some below others",
		prepare: func(c *crash) { create(c, c.safe, c.id, "ticket~1") },
		act: func(c *crash) error {
			results, err := c.service.AddRecords(c.Context(), c.id, records("ticket~2", "ticket~1~line~1", "ticket~2~line~1"), byAdmin)
			for _, r := range results {
				err = errors.Join(err, done(r, customer.ErrExists))
			}
			return err
		},
		check: func(c *crash) { c.in(customer.Active, 4) },
	},
	{
		name:    "remove records, more than one transaction",
		prepare: func(c *crash) { create(c, c.safe, c.id, subtree(100)...) },
		act: func(c *crash) error {
			return done(c.service.RemoveRecord(c.Context(), c.id, key("ticket~1"), byAdmin), customer.ErrNoRecord)
		},
		check: func(c *crash) { c.in(customer.Active, 1) },
	},
	{
		name:    "start a purge",
		prepare: func(c *crash) { create(c, c.safe, c.id, "ticket~1"); c.found = remove(c, c.safe, c.id) },
		act: func(c *crash) error {
			_, err := c.service.StartPurge(c.Context(), c.id, customer.Fence{Generation: c.found.Deletion.ID}, byAdmin)
			return err
		},
		check: func(c *crash) {
			c.in(customer.Purging, 1)
			c.purged()
		},
	},
	{
		name:    "delete with a retention of nothing",
		prepare: func(c *crash) { create(c, c.safe, c.id, "ticket~1"); c.retain(customer.Period{}) },
		act: func(c *crash) error {
			_, err := c.service.Delete(c.Context(), c.id, byAdmin)
			return done(err, customer.ErrPurgeStarted)
		},
		check: (*crash).sweptAndPurged,
	},
	{
		name:    "purge",
		prepare: func(c *crash) { create(c, c.safe, c.id, subtree(30)...); c.found = fence(c, c.safe, c.id) },
		act:     func(c *crash) error { return c.service.Purge(c.Context(), c.job()) },
		check:   func(c *crash) { gone(c, c.safe, c.id, 32, 0) },
	},
	{
		name: "purge with records to retain",
		prepare: func(c *crash) {
			create(c, c.safe, c.id, "invoice~1", "invoice~2", "invoice~1~line~1", "ticket~1", "ticket~1~invoice~1")
			c.found = fence(c, c.safe, c.id)
		},
		act: func(c *crash) error { return c.service.Purge(c.Context(), c.job()) },
		check: func(c *crash) {
			gone(c, c.safe, c.id, 2, 3)
			if n := retained(c, c.safe, c.id); n != 3 {
				c.Errorf("%d records are retained", n)
			}
		},
	},
	{
		name: "purge with more records to retain than one request holds",
		prepare: func(c *crash) {
			keys := tickets(8)
			for i := range 30 {
				keys = append(keys, fmt.Sprintf("ticket~%d~invoice~%d", i%8, i))
			}
			create(c, c.safe, c.id, keys...)
			c.found = fence(c, c.safe, c.id)
		},
		act:  func(c *crash) error { return c.service.Purge(c.Context(), c.job()) },
		left: func(c *crash) { c.allThere("invoice", 30) },
		check: func(c *crash) {
			gone(c, c.safe, c.id, 8, 30)
			c.allThere("invoice", 30)
			if n := retained(c, c.safe, c.id); n != 30 {
				c.Errorf("%d records are retained", n)
			}
		},
	},
	{
		name:    "purge three customers of one message",
		prepare: (*crash).fenceThree,
		act:     func(c *crash) error { return c.service.PurgeMessages(c.Context(), c.message)[0] },
		check: func(c *crash) {
			for _, job := range c.message {
				gone(c, c.safe, job.Customer, 2, 0)
			}
			c.work() // what went on in messages of its own finds nothing to do
		},
	},
	{
		name: "sweep",
		prepare: func(c *crash) {
			c.found = create(c, c.safe, c.id, "ticket~1")
			remove(c, c.safe, c.id)
			c.world.Clock.Move(31 * day)
		},
		act: func(c *crash) error {
			_, err := c.service.Sweep(c.Context())
			return err
		},
		check: (*crash).sweptAndPurged,
	},
	{
		name: "sweep of a stuck purge",
		prepare: func(c *crash) {
			create(c, c.safe, c.id, "ticket~1")
			c.found = fence(c, c.safe, c.id)
			c.jobs.take(c)
			c.world.Clock.Move(2 * customer.PurgeLease)
		},
		act: func(c *crash) error {
			_, err := c.service.Sweep(c.Context())
			return err
		},
		check: (*crash).sweptAndPurged,
	},
	{
		name:     "expiry",
		rootless: true,
		prepare: func(c *crash) {
			create(c, c.safe, c.id, "ticket~1")
			c.found = remove(c, c.safe, c.id)
			c.world.Clock.Move(31 * day)
			c.world.Expire(c, c.id)
		},
		act:   (*crash).expire,
		check: (*crash).purged,
	},
	{
		name:     "expiry during a purge",
		rootless: true,
		prepare: func(c *crash) {
			create(c, c.safe, c.id, "ticket~1")
			c.found = fence(c, c.safe, c.id)
			c.world.Expire(c, c.id)
		},
		act:   (*crash).expire,
		check: (*crash).purged,
	},
	{
		name:     "expiry before the purge time",
		rootless: true,
		prepare: func(c *crash) {
			create(c, c.safe, c.id, "ticket~1")
			c.found = remove(c, c.safe, c.id)
			c.world.Expire(c, c.id)
		},
		act:   (*crash).expire,
		check: func(c *crash) { c.in(customer.Deleted, 1) },
	},
	followed,
}

// fenceThree fences three customers of one chain, so that their certificates go into one block, and makes their message.
func (c *crash) fenceThree() {
	c.message = nil
	for n := 0; len(c.message) < 3; n++ {
		id := fmt.Sprint(c.id, "-", n)
		if ledger.ChainOf(id) != 2 {
			continue
		}
		create(c, c.safe, id, "ticket~1", "ticket~2")
		c.message = append(c.message, customer.Job{Customer: id, Generation: fence(c, c.safe, id).Deletion.ID})
	}
	c.jobs.take(c)
}

// holdInTrash makes a customer in the trash with a legal hold, which lift lifts.
func (c *crash) holdInTrash() {
	create(c, c.safe, c.id)
	remove(c, c.safe, c.id)
	if _, err := c.safe.Hold(c.Context(), c.id, "case-1", byAdmin); err != nil {
		c.Fatal(err)
	}
}

func (c *crash) expire() error { return c.service.Expire(c.Context(), c.found) }

func (c *crash) lift() error {
	_, err := c.service.Lift(c.Context(), c.id, "case-1", byAdmin)
	return err
}

// subtree is a ticket with n lines, and another ticket.
func subtree(n int) []string {
	keys := []string{"ticket~1", "ticket~2"}
	for _, k := range tickets(n) {
		keys = append(keys, "ticket~1~line~"+key(k).ID())
	}
	return keys
}

// done returns nil for an error that means that an earlier attempt succeeded.
func done(err, already error) error {
	if errors.Is(err, already) {
		return nil
	}
	return err
}

// TestCrashMatrix fails every request of every scenario. The request is not sent, or its answer is
// lost; the process dies, or continues with the error. Then the action is repeated, as a client, the
// queue, the schedule or the stream does. In a third variant the request succeeds and is sent again
// after the action.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	for i, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w, jobs := NewWorld(t, policies), newMessages(t)
			for _, way := range waysToFail(i) {
				s.everyRequest(t, crash{world: w, jobs: jobs}, way.fault, way.dies)
			}
		})
	}
}

// wayToFail says how a request fails, and whether the process dies of it.
type wayToFail struct {
	fault Fault
	dies  bool
}

// waysToFail returns the ways to try for the scenario with the index i: all, or with -short one, a different one for the next
// scenario.
func waysToFail(i int) []wayToFail {
	all := []wayToFail{{Undone, false}, {Undone, true}, {Done, false}, {Done, true}, {Late, false}}
	if testing.Short() {
		return all[i%len(all):][:1]
	}
	return all
}

// everyRequest runs the scenario once for each of its requests, each time with a new customer, and
// fails the first request, then the second, and so on, until a run has no such request. c has the
// world and the queue of all runs.
func (s scenario) everyRequest(t *testing.T, c crash, fault Fault, dies bool) {
	for n, failed := 1, true; failed; n++ {
		c.id = name(fault, "dies", dies, "request", n)
		ok := t.Run(c.id, func(t *testing.T) {
			c := c
			c.T = t
			failed = s.run(&c, n, fault, dies)
			Check(t, c.world.Tables)
		})
		if !ok || n > 60 {
			t.Fatalf("stopped at request %d", n)
		}
	}
}

func (s scenario) run(c *crash, n int, fault Fault, dies bool) (failed bool) {
	faults := &Faults{}
	c.withServices(faults)
	s.prepare(c)
	faults.Fail(n, fault, dies)
	err := s.act(c)
	calls := faults.Plan(nil)
	if failed = len(calls) >= n; failed {
		c.midway(s)
		c.retry(s)
		if _, err := faults.Deliver(); err != nil {
			c.Fatal(err)
		}
	} else if err != nil {
		c.Fatalf("the action failed without a fault: %v", err)
	}
	if !c.Failed() {
		s.check(c)
	}
	if c.Failed() {
		c.Logf("requests: %v; the failed one is number %d", calls, n)
	}
	return failed
}

// withServices makes a service without faults, and one with them.
func (c *crash) withServices(faults *Faults) {
	c.safe = c.fresh()
	c.service = c.world.ServiceWith(faults.Attach(c.world.Config), queue.New(faults.Attach(c.jobs.cfg), c.jobs.url))
}

// fresh returns a new process without faults.
func (c *crash) fresh() *customer.Service {
	return c.world.ServiceWith(c.world.Config, queue.New(c.jobs.cfg, c.jobs.url))
}

// midway checks the state after the failure: it must be correct until the retry, however late.
func (c *crash) midway(s scenario) {
	if s.left != nil {
		s.left(c)
	}
	if s.rootless {
		return
	}
	_, err := checkerOf(c.world.Tables, c.world.Config).Check(c.Context(), nil, func(f fsck.Finding) {
		c.Errorf("before the retry: %v", f)
	})
	if err != nil {
		c.Fatal(err)
	}
}

// allThere fails the test unless there are n records of a kind, counting a record and its copy as one.
func (c *crash) allThere(kind string, n int) {
	c.Helper()
	there := map[string]bool{}
	for _, pk := range []string{"C#" + c.id, "X#" + c.id} {
		pages := dynamodb.NewQueryPaginator(dynamodb.NewFromConfig(c.world.Config), &dynamodb.QueryInput{
			TableName: &c.world.Name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("pk = :pk"),
			FilterExpression:          aws.String("kind = :kind"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text(pk), ":kind": text(kind)},
		})
		for pages.HasMorePages() {
			out, err := pages.NextPage(c.Context())
			if err != nil {
				c.Fatal(err)
			}
			for _, it := range out.Items {
				there[it["sk"].(*types.AttributeValueMemberS).Value] = true
			}
		}
	}
	if len(there) != n {
		c.Errorf("%d of %d records of kind %s are there, as records or copies", len(there), n, kind)
	}
}

// retry repeats the action in a new process, after the leases of the first one have run out.
func (c *crash) retry(s scenario) {
	c.world.Clock.Move(10 * time.Minute)
	c.service = c.fresh()
	if err := s.act(c); err != nil {
		c.Errorf("the retry fails: %v", err)
	}
}

func (c *crash) job() customer.Job {
	return customer.Job{Customer: c.id, Generation: c.found.Deletion.ID}
}

// in fails the test unless the customer is in the state, with a number of records.
func (c *crash) in(state customer.State, records int64) customer.Customer {
	c.Helper()
	got, err := c.safe.Get(c.Context(), c.id)
	if err != nil {
		c.Fatal(err)
	}
	if got.State != state || got.Records() != records {
		c.Fatalf("customer is %s with %d records, want %s with %d", got.State, got.Records(), state, records)
	}
	return got
}

// retain changes the retention without the waiting time: no process has read the settings yet.
func (c *crash) retain(retention customer.Period) {
	settings, err := c.safe.Settings(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	settings.Retention = retention
	if _, err := c.safe.UpdateSettings(c.Context(), settings, true, "admin"); err != nil {
		c.Fatal(err)
	}
}

// purged purges what is queued, and fails the test unless the customer with its one record is gone.
func (c *crash) purged() {
	c.Helper()
	c.work()
	gone(c, c.safe, c.id, 1, 0)
}

// sweptAndPurged is purged after a sweep.
func (c *crash) sweptAndPurged() {
	c.Helper()
	c.sweep()
	c.purged()
}

func (c *crash) sweep() {
	c.Helper()
	c.world.Clock.Move(10 * time.Minute)
	if _, err := c.safe.Sweep(c.Context()); err != nil {
		c.Fatal(err)
	}
}

// work handles the purges in the queue, each of them twice.
func (c *crash) work() {
	c.Helper()
	jobs := c.jobs.take(c)
	for range 2 {
		if err := c.safe.PurgeMessages(c.Context(), jobs)[0]; err != nil {
			c.Fatal(err)
		}
	}
}

// messages is an SQS queue.
type messages struct {
	cfg aws.Config
	url string
}

func newMessages(t testing.TB) *messages {
	t.Helper()
	m := &messages{cfg: enginetest.SQS(t)}
	out, err := sqs.NewFromConfig(m.cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(customer.NewID())})
	if err != nil {
		t.Fatal(err)
	}
	m.url = *out.QueueUrl
	return m
}

// take receives all messages.
func (m *messages) take(t testing.TB) (jobs []customer.Job) {
	t.Helper()
	client := sqs.NewFromConfig(m.cfg)
	for {
		out, err := client.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: &m.url, MaxNumberOfMessages: 10, VisibilityTimeout: 600})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return jobs
		}
		for _, message := range out.Messages {
			job, err := queue.Decode(*message.Body)
			if err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, job.Purges...)
		}
	}
}

// restoreOnce restores the customer, always under the same idempotency key.
func restoreOnce(c *crash, s *customer.Service) error {
	ch := byAdmin
	ch.Once = &customer.Once{Key: c.id, Fingerprint: "this"}
	_, err := s.Restore(c.Context(), c.id, "", ch)
	if replay := (*customer.ReplayError)(nil); errors.As(err, &replay) && replay.Same {
		return nil
	}
	return err
}
