package fsck

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"golang.org/x/sync/errgroup"
)

// check is a running check.
type check struct {
	Checker

	client *client

	repairer Repairer        // nil: repair nothing
	by       string          // author of the repairs in the audit log
	wanted   map[string]bool // ids of the findings to repair; nil: all
	until    time.Time       // it stops at the next possible place after this; zero: it does not stop
	room     int             // largest number of problems of one customer
	kinds    map[string]kind // kinds of records in the settings

	items    atomic.Int64
	filed    atomic.Int64 // certificates scanned under customers, not yet added to the position
	suspects suspects

	mu     sync.Mutex
	found  func(Finding)
	report Report
}

// begin returns a check with the settings of the table.
func (c Checker) begin(ctx context.Context, found func(Finding)) (*check, error) {
	if c.Segments < 1 {
		c.Segments = 8
	}
	r := &check{Checker: c, client: newClient(c.DB, c.Rate), found: found, kinds: map[string]kind{}, room: maxProblems}
	r.report.ByRule = map[Rule]int64{}
	it, err := r.client.get(ctx, c.Table, key{"P", "settings"})
	if err != nil {
		return nil, err
	}
	var settings struct {
		Kinds []kind `dynamodbav:"kinds"`
	}
	if err := attributevalue.UnmarshalMap(it, &settings); err != nil {
		return nil, fmt.Errorf("fsck: settings: %w", err)
	}
	for _, k := range settings.Kinds {
		r.kinds[k.Name] = k
	}
	return r, nil
}

// advance continues a check from a position and moves the position: through the main table, the
// ledger, and its chains.
func (c *check) advance(ctx context.Context, p *position) error {
	if err := c.beginRecount(ctx, p); err != nil {
		return err
	}
	for table, marks := range [][]mark{p.Main, p.Ledger} {
		if ended(marks) {
			continue
		}
		if err := c.scan(ctx, table, marks); err != nil {
			return err
		}
		p.Chains.Filed += c.filed.Swap(0)
		if err := c.settleAll(ctx); err != nil {
			return err
		}
		if !ended(marks) || c.late() {
			return nil
		}
	}
	if p.Chains.Done {
		return nil
	}
	if c.Totals {
		if err := c.recount(ctx, p); err != nil {
			return err
		}
	}
	return c.checkChains(ctx, &p.Chains)
}

func (c *check) scan(ctx context.Context, table int, marks []mark) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range marks {
		s := &segment{check: c, mark: &marks[i], number: i, of: len(marks), table: c.Table, ledger: table == 1}
		if s.ledger {
			s.table = c.Ledger
		}
		group.Go(func() error { return s.scan(ctx) })
	}
	return group.Wait()
}

// late reports whether a part should end: it has run for its time, or has enough findings.
func (c *check) late() bool {
	return !c.until.IsZero() && (time.Now().After(c.until) || c.suspects.count()+int(c.progress().Findings) > partFindings)
}

// addFinding counts a finding and passes it on.
func (c *check) addFinding(f Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Findings++
	c.report.ByRule[f.Rule]++
	if f.Repaired {
		c.report.Repaired++
	}
	if c.found != nil {
		c.found(f)
	}
}

func (c *check) addUnsettled() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Unsettled++
}

func (c *check) countItems(items int) {
	c.items.Add(int64(items))
	if c.Progress != nil {
		c.Progress(c.progress())
	}
}

func (c *check) progress() Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Progress{Items: c.items.Load(), Findings: c.report.Findings}
}

func (c *check) sum() Report {
	report := c.report
	report.Progress, report.Cost = c.progress(), c.client.costs()
	return report
}
