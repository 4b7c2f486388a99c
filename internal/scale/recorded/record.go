package recorded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/scale/cloud"
	"lethe/internal/template"
)

// Lethe is what the real code does, and where: everything that the simulation knows of it.
type Lethe struct {
	Work, Purge, Stream, API template.Function

	Create  cloud.Trace // an operation is created, and its first page planned
	Plan    cloud.Trace // a worker plans some more pages
	Planned int         // customers that Plan plans
	Apply   cloud.Trace // the operation is applied; it has as many chunks as Apply sends messages
	Chunk   cloud.Trace // a worker does a full chunk of deletions
	Chunked int         // customers of it

	Sweep      cloud.Trace   // the schedule finds customers that are due, and queues them
	Message    []cloud.Trace // of messages of the sweep, each for as many customers as it names
	Big        cloud.Trace   // a worker purges a customer with BigRecords records
	BigRecords int

	Audit    map[string][]cloud.Trace // what the stream function does for records of these changes, by their number
	Requests map[string]cloud.Trace   // requests to the API, by what they do

	size  Size
	draws []cloud.Trace
}

// The changes of roots that the stream function handles.
const (
	Deleted = "delete"
	Fenced  = "fence"
	Removed = "remove"
)

// Size says how much is recorded.
type Size struct {
	Records  int // of the large customer
	Drawn    int // samples of the log of one change, to see all items that the function may choose
	Removals int // that are recorded for the stream
}

// The sizes. With Quick a test sees that everything runs.
var (
	Full  = Size{Records: 2250, Drawn: 80, Removals: 100}
	Quick = Size{Records: 225, Drawn: 4, Removals: 5}
)

const (
	crowd       = 4 * bulk.MaxSubjects // the API plans the first page; and ten messages of purges
	recordsEach = 2                    // records of a customer
	samples     = 4                    // of the work of a message
	// computedMessages is for how many messages the computing of the work function is measured.
	computedMessages = 8
	removedSeen      = 100 // removals that are recorded for the stream
)

// batches are the numbers of records for which the stream function is recorded: all that may be logged together, and some
// multiples of the most.
var batches = append(slices.Collect(upTo(25)), 50, 75, 100)

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 1; i <= n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

// Record runs every trigger once, on little data. It takes about half a minute.
func Record(ctx context.Context, size Size, progress io.Writer) (*Lethe, error) {
	s, err := start(ctx, progress)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	l := &Lethe{size: size, Audit: map[string][]cloud.Trace{}, Requests: map[string]cloud.Trace{}}
	if err := l.functions(s.declared); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		what string
		do   func(context.Context, *system) error
	}{
		{"customers are added", func(ctx context.Context, s *system) error { return s.fill(ctx) }},
		{"requests to the API", l.requests},
		{"a deletion of many", l.deletion},
		{"a sweep, and its purges", l.purges},
		{"a large customer is purged", l.big},
	} {
		fmt.Fprintf(progress, "recording: %s\n", part.what)
		if err := part.do(ctx, s); err != nil {
			return nil, err
		}
	}
	l.vary()
	return l, nil
}

func (l *Lethe) functions(declared *template.Template) error {
	for _, f := range declared.Functions {
		switch f.Name {
		case "work":
			l.Work = f
		case "purge":
			l.Purge = f
		case "stream":
			l.Stream = f
		case "api":
			l.API = f
		}
	}
	if len(l.Work.Queues) != 1 || len(l.Stream.Streams) != 1 || l.Purge.Timeout == 0 || l.API.Timeout == 0 {
		return errors.New("template.yaml lacks one of the functions work, purge, stream and api with its trigger")
	}
	return nil
}

// fill adds the customers, past the proxy.
func (s *system) fill(ctx context.Context) error {
	settings := customer.Settings{Retention: customer.PeriodOf(0), Kinds: []customer.Kind{{Name: "ticket", Policy: customer.Cascade}}}
	if _, err := s.service.UpdateSettings(ctx, settings, true, "scale"); err != nil {
		return err
	}
	s.customers = make([]string, crowd)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range s.customers {
		group.Go(func() error {
			c, err := s.service.Create(ctx, "", person(i), by)
			if err != nil {
				return err
			}
			s.customers[i] = c.ID
			return s.addRecords(ctx, c.ID, 0, recordsEach)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, id := range s.customers {
		s.know(i, id)
	}
	return nil
}

// know makes the keys of a customer known as such: those of its id and of its e-mail address.
func (s *system) know(i int, id string) {
	s.proxy.tables.known[id] = true
	s.proxy.tables.known[strings.ToLower(person(i).Email)] = true
}

var by = customer.Change{By: "scale"}

func (s *system) addRecords(ctx context.Context, id string, from, n int) error {
	all := make([]customer.Record, n)
	for i := range all {
		all[i] = customer.Record{Key: customer.Key{{Kind: "ticket", ID: fmt.Sprint(from + i)}}, Data: json.RawMessage(`{"text":"a record of ordinary size"}`)}
	}
	for some := range slices.Chunk(all, customer.MaxBatch) {
		results, err := s.service.AddRecords(ctx, id, some, by)
		if err := errors.Join(append(results, err)...); err != nil {
			return err
		}
	}
	return nil
}

// requests records what people at a screen ask for.
func (l *Lethe) requests(ctx context.Context, s *system) error {
	one := "/v1/customers/" + s.customers[0]
	for _, r := range []struct{ what, method, path string }{
		{"read a customer", http.MethodGet, one},
		{"list a page", http.MethodGet, "/v1/customers?limit=50"},
		{"block a customer", http.MethodPost, one + "/block"},
		{"unblock a customer", http.MethodPost, one + "/unblock"},
	} {
		done, err := s.record("api", func() error { return s.ask(ctx, r.method, r.path, nil, nil) })
		if err != nil {
			return err
		}
		l.Requests[r.what] = done.Trace
	}
	return nil
}

// deletion records an operation that deletes everybody.
func (l *Lethe) deletion(ctx context.Context, s *system) error {
	var op struct{ ID, State, Digest string }
	everybody := map[string]any{"action": "delete", "selection": map[string]any{"filter": map[string]any{"state": "active"}}}
	created, err := s.record("create", func() error { return s.ask(ctx, http.MethodPost, "/v1/operations", everybody, &op) })
	if err != nil {
		return err
	}
	planned, err := s.record("plan", func() error { return work(ctx, s.functions, created.messages...) })
	if err != nil {
		return err
	}
	if err := s.ask(ctx, http.MethodGet, "/v1/operations/"+op.ID, nil, &op); err != nil {
		return err
	}
	applied, err := s.record("apply", func() error {
		return s.ask(ctx, http.MethodPost, "/v1/operations/"+op.ID+"/apply", map[string]any{"digest": op.Digest, "acknowledged": true}, nil)
	})
	if err != nil {
		return err
	}
	if len(applied.messages) < 3 {
		return fmt.Errorf("the deletion of %d customers has %d chunks", crowd, len(applied.messages))
	}
	chunk, err := s.record(Deleted, func() error { return work(ctx, s.functions, applied.messages[0]) })
	if err != nil {
		return err
	}
	if chunk.CPU, err = computed(func() error { return work(ctx, s.straight, applied.messages[1]) }); err != nil {
		return err
	}
	if err := work(ctx, s.functions, applied.messages[2:]...); err != nil {
		return err
	}
	chunk.Customers = len(chunk.changes)
	l.Create, l.Plan, l.Apply, l.Chunk = created.Trace, planned.Trace, applied.Trace, chunk.Trace
	l.Planned, l.Chunked = crowd-bulk.MaxSubjects, len(chunk.changes)
	perRequest := chunk.CPU / float64(chunk.Requests())
	for _, t := range []*cloud.Trace{&l.Create, &l.Plan, &l.Apply} {
		t.CPU = perRequest * float64(t.Requests())
	}
	return l.audit(ctx, s, Deleted, chunk.changes)
}

// purges records the schedule, and the work of the messages that it sends.
func (l *Lethe) purges(ctx context.Context, s *system) error {
	swept, err := s.record(Fenced, func() error {
		ctx, cancel := context.WithTimeout(ctx, functionTime)
		defer cancel()
		return s.functions.Sweep(ctx)
	})
	if err != nil {
		return err
	}
	if len(swept.changes) < crowd || len(swept.messages) == 0 {
		return fmt.Errorf("a sweep fenced %d of %d customers and sent %d messages", len(swept.changes), crowd, len(swept.messages))
	}
	l.Sweep = swept.Trace
	l.Sweep.Customers = crowd
	if err := l.audit(ctx, s, Fenced, swept.changes); err != nil {
		return err
	}
	cpu, left, err := s.computedOf(ctx, swept.messages)
	if err != nil {
		return err
	}
	var removed []change
	n := min(samples, len(left))
	for _, body := range left[:n] {
		purged, err := s.record(Removed, func() error { return work(ctx, s.functions, body) })
		if err != nil {
			return err
		}
		purged.CPU, purged.Customers = cpu, len(purged.changes)
		l.Message = append(l.Message, purged.Trace)
		removed = append(removed, purged.changes...)
	}
	l.Sweep.CPU = cpu / float64(l.Message[0].Requests()) * float64(l.Sweep.Requests())
	if removed, err = s.more(ctx, removed, left[n:], l.size.Removals); err != nil {
		return err
	}
	return l.audit(ctx, s, Removed, removed)
}

// computedOf returns what the work function computes for a message of a purge, and the messages that are left.
func (s *system) computedOf(ctx context.Context, messages []string) (cpu float64, left []string, err error) {
	n := max(1, min(computedMessages, len(messages)/4))
	if err := work(ctx, s.straight, messages[0]); err != nil { // opens its connections
		return 0, nil, err
	}
	cpu, err = computed(func() error {
		for _, body := range messages[1 : 1+n] {
			if err := work(ctx, s.straight, body); err != nil {
				return err
			}
		}
		return nil
	})
	return cpu / float64(n), messages[1+n:], err
}

// more purges further customers, ten messages at a time, until there are enough removals for the stream.
func (s *system) more(ctx context.Context, removed []change, messages []string, enough int) ([]change, error) {
	for some := range slices.Chunk(messages, 10) {
		if len(removed) >= enough {
			break
		}
		purged, err := s.record(Removed, func() error { return work(ctx, s.functions, some...) })
		if err != nil {
			return nil, err
		}
		removed = append(removed, purged.changes...)
	}
	return removed, nil
}

// audit records what the stream function does for changes.
func (l *Lethe) audit(ctx context.Context, s *system, event string, changes []change) error {
	if len(l.draws) == 0 {
		if err := l.draw(ctx, s, changes); err != nil {
			return err
		}
	}
	for _, n := range batches {
		if n > len(changes) {
			break
		}
		logged, err := s.record("audit", func() error { return s.stream(ctx, s.functions, changes[:n]) })
		if err != nil {
			return err
		}
		if logged.CPU, err = computed(func() error { return s.stream(ctx, s.straight, changes[:n]) }); err != nil {
			return err
		}
		logged.Customers = n
		l.Audit[event] = append(l.Audit[event], logged.Trace)
	}
	return nil
}

// draw has single changes logged many times.
func (l *Lethe) draw(ctx context.Context, s *system, changes []change) error {
	for i := range l.size.Drawn {
		logged, err := s.record("audit", func() error { return s.stream(ctx, s.functions, changes[i%len(changes):][:1]) })
		if err != nil {
			return err
		}
		l.draws = append(l.draws, logged.Trace)
	}
	return nil
}

// big records the purge of a customer with many records.
func (l *Lethe) big(ctx context.Context, s *system) error {
	c, err := s.service.Create(ctx, "", person(crowd), by)
	if err != nil {
		return err
	}
	s.know(crowd, c.ID)
	if err := s.addRecords(ctx, c.ID, 0, l.size.Records); err != nil {
		return err
	}
	if _, err := s.service.Delete(ctx, c.ID, by); err != nil {
		return err
	}
	started, err := s.record("start", func() error {
		return s.ask(ctx, http.MethodPost, "/v1/customers/"+c.ID+"/purge", map[string]string{"confirm": c.ID}, nil)
	})
	if err != nil {
		return err
	}
	purged, err := s.record(Removed, func() error { return work(ctx, s.functions, started.messages...) })
	if err != nil {
		return err
	}
	l.Big, l.BigRecords = purged.Trace, l.size.Records
	l.Big.CPU = l.Message[0].CPU / float64(l.Message[0].Requests()) * float64(l.Big.Requests())
	return nil
}

// computed returns the seconds of processor time that this process takes for do. With it the garbage collector's.
func computed(do func() error) (float64, error) {
	before, err := processorTime()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := processorTime()
	return (after - before).Seconds(), err
}
