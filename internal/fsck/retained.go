package fsck

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// retainedPartition counts the retained records of one customer.
type retainedPartition struct {
	id         string
	counts     map[string]int64
	suspicious bool
}

func (p *retainedPartition) add(r row) {
	if _, known := p.counts[r.Kind]; known || len(p.counts) < maxKinds {
		p.counts[r.Kind]++
	}
}

// end compares the retained records with the certificates, unless a purge is running.
func (p *retainedPartition) end(ctx context.Context, s *segment) error {
	if p.suspicious {
		return s.check.suspect(ctx, suspect{customer: p.id, about: retentions})
	}
	return s.addLookups(ctx, lookup{rootKey(p.id), func(ctx context.Context, root row, there bool) error {
		if there && root.State == purging {
			return nil
		}
		e := s.check.newExamination(suspect{customer: p.id, about: retentions})
		e.retained = p.counts
		if err := e.readCertificates(ctx); err != nil {
			return err
		}
		e.checkKept()
		if !there && len(e.certs) > 0 && len(e.problems) == 0 {
			return nil
		}
		return s.check.suspect(ctx, e.suspect)
	}})
}

// checkRetained finds retained records that are not stripped, or that wrongly never expire.
func (c *check) checkRetained(x row, problem func(Rule, key, string, fix)) {
	k, known := c.kinds[x.Kind]
	if x.By != "" {
		problem(RetainedWrong, x.key(), "a retained record still names its author", c.fixItem(repair.DropMaker{Item: x.raw}))
	}
	if x.TTL == 0 && k.For != "never" {
		var f fix
		if period, err := customer.ParsePeriod(k.For); known && err == nil {
			f = c.fixItem(repair.SetTTL{Item: x.raw, At: period.After(c.Now())})
		}
		problem(RetainedWrong, x.key(), "a retained record that never expires", f)
	}
	data := map[string]json.RawMessage{}
	if text := stringOf(x.raw, "data"); text != "" && json.Unmarshal([]byte(text), &data) != nil {
		problem(RetainedWrong, x.key(), "a retained record that can't be read", nil)
	}
	for _, field := range slices.Sorted(maps.Keys(data)) {
		if !slices.Contains(k.Keep, field) {
			problem(RetainedWrong, x.key(), "a retained record with a field that its kind doesn't keep now; decide whether the field may stay", nil)
			return
		}
	}
}

// readRetained reads and checks the retained records of the customer.
func (e *examination) readRetained(ctx context.Context) error {
	for it, err := range e.check.client.query(ctx, e.check.Table, "X#"+e.customer, false) {
		if err != nil {
			return err
		}
		r, ok := readable(it)
		if !ok || !strings.HasPrefix(r.SK, recordPrefix) {
			continue
		}
		if _, known := e.retained[r.Kind]; known || len(e.retained) < maxKinds {
			e.retained[r.Kind]++
		}
		e.check.checkRetained(r, e.problem)
	}
	if e.root != nil && e.root.State != purging && len(e.retained) > 0 && len(e.certs) == 0 { // with a certificate it is Resurrected
		e.problem(RetainedWrong, key{"X#" + e.customer, recordPrefix}, "retained records of a customer that is "+e.root.State, nil)
	}
	if e.root == nil || e.root.State != purging {
		e.checkKept()
	}
	return nil
}

// checkKept compares the number of retained records with the certificates. A record that two purges
// retained exists once.
func (e *examination) checkKept() {
	sum, most := map[string]int64{}, map[string]int64{}
	for _, cert := range e.certs {
		for kind, n := range cert.Retained {
			sum[kind] += n
			most[kind] = max(most[kind], n)
		}
	}
	if len(e.certs) == 0 {
		return
	}
	for _, kind := range slices.Sorted(maps.Keys(e.retained)) {
		if n := e.retained[kind]; n > sum[kind] {
			e.problem(RetainedWrong, key{"X#" + e.customer, recordPrefix}, fmt.Sprintf("%d of kind %s are retained, %d are certified", n, kind, sum[kind]), nil)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(most)) {
		if n := e.retained[kind]; n < most[kind] && e.check.kinds[kind].For == "never" {
			e.problem(RetainedWrong, key{"X#" + e.customer, recordPrefix}, fmt.Sprintf("%d of kind %s are retained, %d are certified", n, kind, most[kind]), nil)
		}
	}
}
