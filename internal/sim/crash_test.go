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
	"lethe/internal/queue"
)

// scenario is one thing that a process does and may die of at every request.
type scenario struct {
	name string
	// prepare brings a customer with the given id to where the action finds it.
	prepare func(c *crash)
	// act is the action. Its retry may find it done: act says so by returning nil for
	// the errors that a client then takes for success.
	act func(c *crash) error
	// rootless says that TTL has removed the root, so that leftovers are as they should be.
	rootless bool
	// left tells, if it is given, whether what the failure left is as it should be.
	left func(c *crash)
	// check tells whether all is as it should be after the retry.
	check func(c *crash)
}

// crash is one run of a scenario.
type crash struct {
	*testing.T

	world   *World
	id      string
	safe    *customer.Service // undisturbed
	service *customer.Service // the one that fails
	found   customer.Customer // as prepare left it
	jobs    *messages
}

// addressed gives a profile an e-mail address.
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
			_, err := c.service.Create(c.Context(), c.id, ann(c.id), admin)
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
			}, admin)
			return err
		},
		check: func(c *crash) {
			got := c.in(customer.Active, 0)
			if got.Profile.Email != "new-"+ann(c.id).Email {
				c.Errorf("e-mail address is %s", got.Profile.Email)
			}
			if reason := customer.Blot("was Anders", &got); reason != "was […]" {
				c.Errorf("a former name is forgotten: %q", reason)
			}
			create(c, c.safe, c.id+"x") // its address differs, so that nothing blocks it
		},
	},
	{
		name: "update with an address whose claim is another text",
		prepare: func(c *crash) {
			c.found = create(c, c.safe, c.id)
			if _, err := c.safe.Update(c.Context(), c.id, addressed(c.id+"@früchte.example"), admin); err != nil {
				c.Fatal(err)
			}
		},
		act: func(c *crash) error {
			_, err := c.service.Update(c.Context(), c.id, addressed(c.id+"@gemüse.example"), admin)
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
			_, err := c.service.Delete(c.Context(), c.id, admin)
			return err
		},
		check: func(c *crash) { c.in(customer.Deleted, 2) },
	},
	{
		name:    "restore",
		prepare: func(c *crash) { create(c, c.safe, c.id, "ticket~1"); c.found = remove(c, c.safe, c.id) },
		act: func(c *crash) error {
			_, err := c.service.Restore(c.Context(), c.id, "", admin)
			return err
		},
		check: func(c *crash) { c.in(customer.Active, 1) },
	},
	{
		name:    "block",
		prepare: func(c *crash) { create(c, c.safe, c.id) },
		act: func(c *crash) error {
			_, err := c.service.Block(c.Context(), c.id, admin)
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
			_, err := c.service.Hold(c.Context(), c.id, "case-1", admin)
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
		name: "lift the last hold of a customer whose purge time has passed",
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
			results, err := c.service.AddRecords(c.Context(), c.id, records("ticket~2", "ticket~1~line~1", "ticket~2~line~1"), admin)
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
			return done(c.service.RemoveRecord(c.Context(), c.id, key("ticket~1"), admin), customer.ErrNoRecord)
		},
		check: func(c *crash) { c.in(customer.Active, 1) },
	},
	{
		name:    "start a purge",
		prepare: func(c *crash) { create(c, c.safe, c.id, "ticket~1"); c.found = remove(c, c.safe, c.id) },
		act: func(c *crash) error {
			_, err := c.service.StartPurge(c.Context(), c.id, customer.Fence{Generation: c.found.Deletion.ID}, admin)
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
			_, err := c.service.Delete(c.Context(), c.id, admin)
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
		name: "purge with more records to retain than go into a request",
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
		name: "sweep of what is stuck",
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
		act:   func(c *crash) error { return c.service.Expire(c.Context(), c.found) },
		check: (*crash).purged,
	},
	{
		name:     "expiry while being purged",
		rootless: true,
		prepare: func(c *crash) {
			create(c, c.safe, c.id, "ticket~1")
			c.found = fence(c, c.safe, c.id)
			c.world.Expire(c, c.id)
		},
		act:   func(c *crash) error { return c.service.Expire(c.Context(), c.found) },
		check: (*crash).purged,
	},
	{
		name:     "expiry of one that is not due",
		rootless: true,
		prepare: func(c *crash) {
			create(c, c.safe, c.id, "ticket~1")
			c.found = remove(c, c.safe, c.id)
			c.world.Expire(c, c.id)
		},
		act:   func(c *crash) error { return c.service.Expire(c.Context(), c.found) },
		check: func(c *crash) { c.in(customer.Deleted, 1) },
	},
}

// holdInTrash makes a customer in the trash with a legal hold, which lift lifts.
func (c *crash) holdInTrash() {
	create(c, c.safe, c.id)
	remove(c, c.safe, c.id)
	if _, err := c.safe.Hold(c.Context(), c.id, "case-1", admin); err != nil {
		c.Fatal(err)
	}
}

func (c *crash) lift() error {
	_, err := c.service.Lift(c.Context(), c.id, "case-1", admin)
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

// done takes an error that tells a client that its earlier attempt succeeded for nil.
func done(err, already error) error {
	if errors.Is(err, already) {
		return nil
	}
	return err
}

// TestCrashMatrix fails every request of every scenario: not sent, or sent and its
// answer lost; the process dying of it, or going on with the error. Then the same is
// done again, as a client, the queue, the schedule or the stream does. Or the request is
// answered, and comes once more after that.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w, jobs := NewWorld(t, policies), newMessages(t)
			for _, fault := range []Fault{Undone, Done} {
				for _, dies := range []bool{false, true} {
					s.everyRequest(t, crash{world: w, jobs: jobs}, fault, dies)
				}
			}
			s.everyRequest(t, crash{world: w, jobs: jobs}, Late, false)
		})
	}
}

// everyRequest runs the scenario as often as it makes requests, each time with another
// customer, failing the first, the second and so on, until a run comes through without
// one being failed. It starts from c.
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
		c.Fatalf("fails with no request failed: %v", err)
	}
	if !c.Failed() {
		s.check(c)
	}
	if c.Failed() {
		c.Logf("requests: %v; the failed one is number %d", calls, n)
	}
	return failed
}

// withServices makes a service that nothing disturbs, and one that the faults do.
func (c *crash) withServices(faults *Faults) {
	c.safe = c.fresh()
	c.service = c.world.ServiceWith(faults.Attach(c.world.Config), queue.New(faults.Attach(c.jobs.cfg), c.jobs.url))
}

// fresh is a process that nothing disturbs.
func (c *crash) fresh() *customer.Service {
	return c.world.ServiceWith(c.world.Config, queue.New(c.jobs.cfg, c.jobs.url))
}

// midway checks what the failure has left: nobody can tell when the retry comes.
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

// allThere fails the test unless each of so many records of a kind is there, itself or its copy.
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
		c.Errorf("of %d records of kind %s %d are there, themselves or their copies", n, kind, len(there))
	}
}

// retry does the same again as a fresh process, once the leases of the dead one have
// run out.
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

// retain changes the retention, with no wait as nobody has read the settings yet.
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

// work does what is in the queue, every message twice.
func (c *crash) work() {
	c.Helper()
	for _, job := range c.jobs.take(c) {
		for range 2 {
			if err := c.safe.Purge(c.Context(), job); err != nil {
				c.Fatal(err)
			}
		}
	}
}

// messages are those of a queue of SQS.
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

// take receives all messages there are.
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
			jobs = append(jobs, *job.Purge)
		}
	}
}

// restoreOnce restores the customer under the same key each time.
func restoreOnce(c *crash, s *customer.Service) error {
	ch := admin
	ch.Once = &customer.Once{Key: c.id, Fingerprint: "this"}
	_, err := s.Restore(c.Context(), c.id, "", ch)
	if replay := (*customer.ReplayError)(nil); errors.As(err, &replay) && replay.Same {
		return nil
	}
	return err
}
