package fsck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"lethe/internal/clock"
)

// Options of a Checker. The names of the tables must be given; of the rest the zero value
// means what is said of it.
type Options struct {
	clock.Clock // of what is due and what has expired

	Table, Ledger string

	Segments int           // of the scan, read at once; 0: 8
	Rate     int           // read units a second, about; 0: as many as there can be
	Settle   time.Duration // between a suspicion and its settling: longer than the change stream lags

	// Grace is between a due time and TTL. With AnyGrace tables may have been written
	// under others too: only what would expire before its time is in the wrong place.
	Grace    time.Duration
	AnyGrace bool
	Shards   int           // of each list; 0: any
	Slack    time.Duration // that something due may wait before it is forgotten; 0: it may wait for ever
	Personal []string      // values that neither ledger, audit log nor operations may hold
	Finished bool          // no purge is under way: a root is not there beside its certificate

	By string // who repairs, for the audit log; empty: fsck
	// Progress is told now and then how far a check has come, from several goroutines; nil: nobody is.
	Progress func(Progress)
}

// Progress is how far a check has come.
type Progress struct {
	Items    int64 `json:"items"` // read by the scan
	Findings int64 `json:"findings"`
}

// Report sums a check up.
type Report struct {
	Progress

	Repaired int64          `json:"repaired"`
	ByRule   map[Rule]int64 `json:"byRule"`
	// Unsettled counts customers and operations that changed each time they were looked at.
	Unsettled int64 `json:"unsettled"`
	Cost      Cost  `json:"cost"`
	// Peak is how many items, suspicions and findings were kept in mind at most.
	Peak int64 `json:"peak"`
}

// Checker checks one pair of tables.
type Checker struct {
	Options

	client *client
}

// New is a checker of tables.
func New(cfg aws.Config, o Options) *Checker {
	if o.Segments < 1 {
		o.Segments = 8
	}
	if o.By == "" {
		o.By = "fsck"
	}
	c := &client{db: dynamodb.NewFromConfig(cfg)}
	if o.Rate > 0 {
		c.pace = rate.NewLimiter(rate.Limit(o.Rate), max(o.Rate, 1000)) // a request may cost hundreds
	}
	return &Checker{Options: o, client: c}
}

// Check checks both tables, and tells found of each finding when it is settled, one at a
// time. With repair it repairs what can be repaired first.
func (c *Checker) Check(ctx context.Context, repair bool, found func(Finding)) (Report, error) {
	r, err := c.begin(ctx, found)
	if err != nil {
		return Report{}, err
	}
	r.repair = repair
	p := newPosition(c.Segments)
	err = r.advance(ctx, &p)
	return r.sum(), err
}

// ErrTooMany says that a part holds more findings than a caller wants at once.
var ErrTooMany = errors.New("fsck: more is wrong than can be told at once")

// Limits of a part.
const (
	partFindings = 250  // after which it ends where it can
	partProblems = 30   // of one customer
	maxPart      = 9000 // beyond lies ErrTooMany
)

// Part checks a part of the tables: from a position, empty at the beginning, for about so
// long. It returns the position for the next part, empty at the end, which holds no
// personal data: ErrTooMany.
func (c *Checker) Part(ctx context.Context, position string, length time.Duration) (findings []Finding, next string, err error) {
	p := newPosition(c.Segments)
	if position != "" {
		if err := json.Unmarshal([]byte(position), &p); err != nil {
			return nil, "", fmt.Errorf("fsck: position: %w", err)
		}
	}
	r, err := c.begin(ctx, func(f Finding) { findings = append(findings, f) })
	if err != nil {
		return nil, "", err
	}
	r.until, r.room = time.Now().Add(length), partProblems
	err = r.advance(ctx, &p)
	switch {
	case err != nil:
		return nil, "", err
	case len(findings) > maxPart:
		return nil, "", ErrTooMany
	case p.done():
		return findings, "", nil
	}
	text, err := json.Marshal(p)
	return findings, string(text), err
}

// As is the checker in somebody's name.
func (c *Checker) As(by string) *Checker {
	other := *c
	other.By = by
	return &other
}

// run is one check under way.
type run struct {
	*Checker

	repair bool
	wanted map[string]bool // of findings, their ids: nothing else is repaired; nil: all is
	until  time.Time       // after which it stops where it can; zero: at the end
	room   int             // for problems of one customer
	kinds  map[string]kind
	retain string // the retention, as the settings have it

	items, kept, peak atomic.Int64
	filed             atomic.Int64 // certificates seen under their customers, and not yet counted in the position
	suspects          suspects

	mu     sync.Mutex
	found  func(Finding)
	report Report
}

func (c *Checker) begin(ctx context.Context, found func(Finding)) (*run, error) {
	r := &run{Checker: c, found: found, kinds: map[string]kind{}, room: maxProblems}
	r.report.ByRule = map[Rule]int64{}
	s, err := c.settings(ctx)
	if err != nil {
		return nil, err
	}
	r.retain = s.Retention
	for _, k := range s.Kinds {
		r.kinds[k.Name] = k
	}
	return r, nil
}

type settings struct {
	Retention string `dynamodbav:"retention"`
	Kinds     []kind `dynamodbav:"kinds"`
}

func (c *Checker) settings(ctx context.Context) (s settings, err error) {
	it, err := c.client.get(ctx, c.Table, key{"P", "settings"})
	if err != nil {
		return s, err
	}
	if err := attributevalue.UnmarshalMap(it, &s); err != nil {
		return s, fmt.Errorf("fsck: settings: %w", err)
	}
	return s, nil
}

// advance goes on from a position, and moves it: through the main table, the ledger, and
// its chains.
func (r *run) advance(ctx context.Context, p *position) error {
	for table, marks := range [][]mark{p.Main, p.Ledger} {
		if ended(marks) {
			continue
		}
		if err := r.scan(ctx, table, marks); err != nil {
			return err
		}
		p.Chains.Filed += r.filed.Swap(0)
		if err := r.settleAll(ctx); err != nil {
			return err
		}
		if !ended(marks) || r.late() {
			return nil
		}
	}
	if p.Chains.Done {
		return nil
	}
	return r.checkChains(ctx, &p.Chains)
}

func (r *run) scan(ctx context.Context, table int, marks []mark) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range marks {
		s := &segment{run: r, mark: &marks[i], number: i, of: len(marks), table: r.Table, ledger: table == 1}
		if s.ledger {
			s.table = r.Ledger
		}
		group.Go(func() error { return s.scan(ctx) })
	}
	return group.Wait()
}

// late says whether a part has taken long enough, or found enough.
func (r *run) late() bool {
	return !r.until.IsZero() && (time.Now().After(r.until) || r.suspects.count()+int(r.progress().Findings) > partFindings)
}

// tell tells of a finding.
func (r *run) tell(f Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Findings++
	r.report.ByRule[f.Rule]++
	if f.Repaired {
		r.report.Repaired++
	}
	if r.found != nil {
		r.found(f)
	}
}

func (r *run) unsettled() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Unsettled++
}

func (r *run) progressed(items int) {
	r.items.Add(int64(items))
	if r.Progress != nil {
		r.Progress(r.progress())
	}
}

func (r *run) progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Progress{Items: r.items.Load(), Findings: r.report.Findings}
}

func (r *run) sum() Report {
	report := r.report
	report.Progress, report.Cost, report.Peak = r.progress(), r.client.costs(), r.peak.Load()
	return report
}

// keep counts what is kept in mind, with a negative number what no longer is.
func (r *run) keep(n int) {
	kept := r.kept.Add(int64(n))
	for {
		peak := r.peak.Load()
		if kept <= peak || r.peak.CompareAndSwap(peak, kept) {
			return
		}
	}
}

// position is how far each segment of each table has been scanned.
type position struct {
	Main, Ledger []mark
	Chains       chains
}

// mark is where a segment goes on: after a key, which names nobody but by id.
type mark struct {
	PK, SK string
	Done   bool
}

func newPosition(segments int) position {
	return position{Main: make([]mark, segments), Ledger: make([]mark, segments)}
}

func ended(marks []mark) bool {
	return !slices.ContainsFunc(marks, func(m mark) bool { return !m.Done })
}

func (p position) done() bool { return p.Chains.Done && ended(p.Main) && ended(p.Ledger) }
