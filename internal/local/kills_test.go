package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lethe/internal/local/lambda"
)

const (
	// shortLimit is the time limit of workers that the test kills: a chunk's lease ends half as long after it.
	shortLimit = 3 * time.Second
	// longestLife is the maximum time before a worker is killed: its write pace keeps it from finishing earlier on any machine.
	longestLife = time.Second
	bystanders  = 10  // of either kind
	inAChunk    = 150 // customers, about
)

// TestKilledWorkersLeaveNothing kills worker after worker, each at a random moment of its work, while an operation purges a
// crowd. The operation completes by itself, with a certificate for every customer; no items are left, and no other customer
// changes. The full test: LETHE_CROWD=1000 LETHE_KILLS=200 go test ./internal/local -run TestKilledWorkers. Then all kills must
// happen; by default half of them, since the purge of a small crowd may end first.
//
// By default a worker has all chunks at the same time, and each kill is a death for each of them. In the full test a worker has
// one: so the kills are spread over the chunks, come at the same time, and no chunk reaches bulk.MaxDeaths, after which it
// would give up.
func TestKilledWorkersLeaveNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it imports a crowd, and waits for the leases of killed workers")
	}
	crowd, kills := sizeOf(t, "LETHE_CROWD", 100), sizeOf(t, "LETHE_KILLS", 8)
	full := os.Getenv("LETHE_KILLS") != ""
	r := launch(t, func(o *options) {
		o.Timeout, o.Visibility, o.Tick = shortLimit, 6*shortLimit, 500*time.Millisecond
		if full {
			o.Batch = 1
		}
	})
	r.settle(t, "P30D", kind{"ticket", "cascade"})
	r.bringCrowd(t, "c", crowd)
	r.operate(t, crowd, "delete", map[string]any{"filter": map[string]any{"search": "crowd"}})
	op := r.plan(t, "purge", map[string]any{"trash": true})
	r.bringCrowd(t, "late", bystanders) // in the trash like the customers of the plan, before it is applied
	r.operate(t, bystanders, "delete", map[string]any{"filter": map[string]any{"search": "crowd"}})
	r.bringCrowd(t, "live", bystanders)
	before := r.portraits(t, "late") + r.portraits(t, "live")

	started := time.Now()
	op = r.applyKilling(t, op, kills)
	t.Logf("%s after %v: %d workers of %d were killed at their work, %d messages are dead; %+v took %+v", op.State, time.Since(started).Round(time.Second),
		r.killed(), kills, r.deadLetters(t), op.Progress, op.Actual)
	if op.State != "SUCCEEDED" || op.Progress.Done != crowd {
		t.Errorf("the operation ended as %+v", op)
	}
	least := kills
	if !full {
		least = kills / 2
	}
	if r.killed() < least {
		t.Errorf("%d workers were killed, want at least %d", r.killed(), least)
	}
	for i := range crowd {
		cert := r.get(t, fmt.Sprintf("/v1/customers/c%04d", i)).want(t, http.StatusGone, "PURGED").problem(t).Certificate
		if cert == nil || cert.Erased["ticket"] != belonging || cert.Residue != 0 {
			t.Errorf("c%04d: certificate %+v", i, cert)
		}
	}
	if after := r.portraits(t, "late") + r.portraits(t, "live"); after != before {
		t.Errorf("others are now\n%s\nand were\n%s", after, before)
	}
	r.check(t, templateGrace)
}

// applyKilling applies an operation, kills workers at random moments of their work, and returns when the operation has ended. If
// the work progresses faster than the kills, workers are killed sooner, so that it doesn't end before the last kill.
func (r *running) applyKilling(t *testing.T, op operationView, kills int) operationView {
	t.Helper()
	random := seed(t)
	ahead := 1 + (op.Impact.Customers+inAChunk-1)/inAChunk // number of faults that wait: one for each possible invocation, and one more
	injected := 0
	look := func() bool {
		killed := r.killed()
		for ; injected < min(kills, killed+ahead); injected++ {
			life := lifeOf(r.recordsLeft(t, op.Impact.Customers), float64(kills-injected)/float64(kills))
			if err := r.host.Inject("work", lambda.Fault{After: time.Duration(random.Int64N(int64(life)))}); err != nil {
				t.Fatal(err)
			}
		}
		op = r.operation(t, op.ID)
		return op.State != "READY" && op.State != "RUNNING"
	}
	look()
	r.apply(t, op)
	within(t, patience+time.Duration(op.Impact.Customers)*time.Second, "the end of "+op.Action, look)
	return op
}

// lifeOf returns the maximum life of a worker, from the fractions that are left of the work and of the kills.
func lifeOf(work, dying float64) time.Duration {
	behind := min(1, work/dying) // below 1 if the work is ahead of the kills
	return 1 + time.Duration(float64(longestLife)*work*work*behind*behind*behind)
}

// recordsLeft returns the fraction of a crowd's records that is left, in a sample.
func (r *running) recordsLeft(t *testing.T, crowd int) float64 {
	t.Helper()
	db, left, of := dynamodb.NewFromConfig(r.dynamoDB.config), 0, 0
	for i := 0; i < crowd; i += max(1, crowd/10) {
		left += countRecords(t, db, fmt.Sprintf("c%04d", i))
		of += belonging
	}
	return float64(left) / float64(of)
}

// killed counts the workers that were killed in the middle of a batch.
func (r *running) killed() int {
	return strings.Count(r.options.Output.(*journal).String(), "Runtime exited: signal: killed")
}

// deadLetters returns the number of messages in the dead-letter queue.
func (r *running) deadLetters(t *testing.T) int {
	t.Helper()
	url := r.resources.Queues["WorkDead"].URL
	out, err := sqs.NewFromConfig(r.sqs.config).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(out.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// portraits returns the bystanders with their records, as the API shows them.
func (r *running) portraits(t *testing.T, prefix string) string {
	t.Helper()
	var all strings.Builder
	for i := range bystanders {
		all.WriteString(r.portrait(t, fmt.Sprintf("%s%04d", prefix, i)).text)
	}
	return all.String()
}
