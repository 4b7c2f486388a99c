package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lethe/internal/local/lambda"
)

const (
	// shortLimit is the time limit of workers that are to die: a chunk is anybody's half as long after it.
	shortLimit = 3 * time.Second
	bystanders = 10 // of either kind
)

// TestKilledWorkersLeaveNothing kills worker after worker, each at a random moment of its work, while an operation purges a
// crowd. It ends by itself, with a certificate for everybody; nothing is left, and nobody else is touched. In full:
// LETHE_CROWD=1000 LETHE_KILLS=200 go test ./internal/local -run TestKilledWorkers.
func TestKilledWorkersLeaveNothing(t *testing.T) {
	t.Parallel()
	crowd, kills := sizeOf(t, "LETHE_CROWD", 100), sizeOf(t, "LETHE_KILLS", 8)
	r := launch(t, func(o *options) {
		o.Timeout, o.Visibility, o.Tick = shortLimit, 6*shortLimit, 500*time.Millisecond
	})
	r.settle(t, "P30D", kind{"ticket", "cascade"})
	r.bringCrowd(t, "c", crowd)
	r.operate(t, crowd, "delete", map[string]any{"filter": map[string]any{"search": "crowd"}})
	op := r.plan(t, "purge", map[string]any{"trash": true})
	r.bringCrowd(t, "late", bystanders) // like those of the plan, in the trash before it is applied
	r.operate(t, bystanders, "delete", map[string]any{"filter": map[string]any{"search": "crowd"}})
	r.bringCrowd(t, "live", bystanders)
	before := r.portraits(t, "late") + r.portraits(t, "live")

	r.injectKills(t, kills)
	started := time.Now()
	r.apply(t, op)
	op = r.ended(t, op)
	t.Logf("%s after %v: %d workers of %d were killed at their work, %d messages are dead; %+v took %+v", op.State, time.Since(started).Round(time.Second),
		r.killed(), kills, r.deadLetters(t), op.Progress, op.Actual)
	if op.State != "SUCCEEDED" || op.Progress.Done != crowd {
		t.Errorf("the operation ended as %+v", op)
	}
	if r.killed() == 0 {
		t.Error("nobody was killed")
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

// injectKills has so many workers die, each at a random moment of its work.
func (r *running) injectKills(t *testing.T, n int) {
	t.Helper()
	random := seed(t)
	for i := range n {
		within := shortLimit / 2
		if i == 0 {
			within = 100 * time.Millisecond // however soon a small crowd is gone, somebody dies at it
		}
		if err := r.host.Inject("work", lambda.Fault{After: time.Duration(random.Int64N(int64(within)))}); err != nil {
			t.Fatal(err)
		}
	}
}

// killed counts the workers that were killed in the middle of a batch.
func (r *running) killed() int {
	return strings.Count(r.options.Output.(*journal).String(), "Runtime exited: signal: killed")
}

// deadLetters counts the messages that were given up.
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

// portraits are bystanders with their records, as the API shows them.
func (r *running) portraits(t *testing.T, prefix string) string {
	t.Helper()
	var all strings.Builder
	for i := range bystanders {
		all.WriteString(r.portrait(t, fmt.Sprintf("%s%04d", prefix, i)).text)
	}
	return all.String()
}
