package queue_test

import (
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
	"lethe/internal/queue"
)

func jobs(n int) []customer.Job {
	out := make([]customer.Job, n)
	for i := range out {
		out[i] = customer.Job{Customer: fmt.Sprintf("c%03d", i), Generation: "g"}
	}
	return out
}

func TestEveryJobArrives(t *testing.T) {
	client := sqs.NewFromConfig(enginetest.SQS(t))
	created, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("arrive-" + customer.NewID())})
	if err != nil {
		t.Fatal(err)
	}
	q := queue.New(enginetest.SQS(t), *created.QueueUrl)
	want := jobs(25 * customer.MaxJobs / 10)
	apart := want[:20]
	if err := errors.Join(q.Enqueue(t.Context(), want[20:]...), q.EnqueueApart(t.Context(), apart...)); err != nil {
		t.Fatal(err)
	}
	if n, err := q.Backlog(t.Context()); err != nil || n != len(apart)+3 {
		t.Errorf("backlog: got %d messages, %v; want %d", n, err, len(apart)+3)
	}
	var got []customer.Job
	for len(got) < len(want) {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: created.QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil || len(out.Messages) == 0 {
			t.Fatalf("after %d messages: %v", len(got), err)
		}
		for _, m := range out.Messages {
			job, err := queue.Decode(*m.Body)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, job.Purges...)
		}
	}
	slices.SortFunc(got, func(a, b customer.Job) int { return strings.Compare(a.Customer, b.Customer) })
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// partialSQS takes the first message of each request and refuses the others unless told otherwise, as a
// throttled SQS may.
type partialSQS struct {
	taken       []string
	groups      []string // of those taken
	senderFault bool
	all         bool // it takes all messages
}

func (s *partialSQS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Entries []struct{ Id, MessageBody, MessageGroupId string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	type failed struct {
		Id, Code    string
		SenderFault bool
	}
	type sent struct{ Id, MessageId, MD5OfMessageBody string } // the SDK checks the digest
	var out struct {
		Successful []sent
		Failed     []failed
	}
	for i, e := range in.Entries {
		if (i == 0 || s.all) && !s.senderFault {
			s.taken, s.groups = append(s.taken, e.MessageBody), append(s.groups, e.MessageGroupId)
			out.Successful = append(out.Successful, sent{e.Id, e.Id, fmt.Sprintf("%x", md5.Sum([]byte(e.MessageBody)))})
			continue
		}
		out.Failed = append(out.Failed, failed{Id: e.Id, Code: "InternalError", SenderFault: s.senderFault})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out)
}

func TestRefusedMessagesAreSentAgain(t *testing.T) {
	for _, tt := range []struct {
		name        string
		jobs        int
		senderFault bool
		taken       int
		fails       bool
	}{
		{name: "until all are taken", jobs: 4, taken: 4},
		{name: "but not for ever", jobs: 10, taken: 6, fails: true},
		{name: "and not when they are at fault", jobs: 2, senderFault: true, fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake := &partialSQS{senderFault: tt.senderFault}
			server := httptest.NewServer(fake)
			defer server.Close()
			q := queue.New(engine.Config(server.URL), server.URL+"/000000000000/work")
			err := q.EnqueueApart(t.Context(), jobs(tt.jobs)...)
			if busy := errors.Is(err, customer.ErrBusy); (err != nil) != tt.fails || busy != (tt.fails && !tt.senderFault) {
				t.Errorf("error: %v", err)
			}
			if len(fake.taken) != tt.taken {
				t.Errorf("%d messages were taken, want %d", len(fake.taken), tt.taken)
			}
		})
	}
}

// TestMessagesAreGroupedByOperation looks at messages on the wire, also at those that are sent again: those of an operation are of
// its group, and all single purges are of one. What comes of it, that no group waits for all of another, is SQS's doing alone.
func TestMessagesAreGroupedByOperation(t *testing.T) {
	fake := &partialSQS{}
	server := httptest.NewServer(fake)
	defer server.Close()
	q := queue.New(engine.Config(server.URL), server.URL+"/000000000000/work")
	err := errors.Join(
		q.EnqueueWork(t.Context(), bulk.Work{Operation: "large"}, bulk.Work{Operation: "large", Chunk: 1}, bulk.Work{Operation: "small"}),
		q.EnqueueWork(t.Context(), bulk.Work{Operation: "small", Chunk: bulk.PlanWork}),
		q.EnqueueApart(t.Context(), jobs(2)...),
	)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"large", "large", "small", "small", "purges", "purges"}; !slices.Equal(fake.groups, want) {
		t.Errorf("the groups of\n%s\nare %q, want %q", strings.Join(fake.taken, "\n"), fake.groups, want)
	}
}

func TestDecodeRefusesWhatIsNoJob(t *testing.T) {
	for _, body := range []string{"", "{}", "[]", `{"purges":{}}`, `{"purges":[]}`, `{"purges":[{}]}`, `{"purges":[{"customer":"c"}]}`, `{"purges":[{"generation":"g"}]}`,
		`{"purges":[{"customer":"c","generation":"g"},{"customer":"d"}]}`, `{"purges":[{"customer":"c","generation":"g"}],"work":{"operation":"o"}}`, "null"} {
		if job, err := queue.Decode(body); err == nil {
			t.Errorf("%q was taken for %v", body, job)
		}
	}
}

// TestTheLargestRequestFitsIntoSQS has ten full messages of purges with the longest ids: what a sweep sends at once.
func TestTheLargestRequestFitsIntoSQS(t *testing.T) {
	const most = 256 << 10 // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
	fake := &partialSQS{all: true}
	server := httptest.NewServer(fake)
	defer server.Close()
	q := queue.New(engine.Config(server.URL), server.URL+"/000000000000/work")
	job := customer.Job{Customer: strings.Repeat("=", 128), Generation: customer.NewID()}
	if !customer.ValidID("_" + job.Customer[1:]) {
		t.Fatal("no customer has such an id")
	}
	if err := q.Enqueue(t.Context(), slices.Repeat([]customer.Job{job}, 10*customer.MaxJobs)...); err != nil {
		t.Fatal(err)
	}
	if sum := len(strings.Join(fake.taken, "")); len(fake.taken) != 10 || sum > most {
		t.Errorf("%d messages have %d bytes, want at most %d", len(fake.taken), sum, most)
	}
}
