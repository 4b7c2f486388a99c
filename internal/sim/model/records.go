package model

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lethe/internal/customer"
)

// record is a record and the id of the change that added it.
type record struct {
	customer.Record

	change string
}

// sortKey orders records as the table does: the descendants of a record follow it directly.
func sortKey(k customer.Key) string {
	var b strings.Builder
	for _, s := range k {
		b.WriteString("#" + s.Kind + "#" + s.ID)
	}
	return b.String()
}

// AddRecords adds records and counts them.
func (t Table) AddRecords(ctx context.Context, id string, records []customer.Record, ch customer.Change) (results []error, err error) {
	if len(records) > customer.MaxBatch {
		return nil, fmt.Errorf("model: %d records at once, more than %d", len(records), customer.MaxBatch)
	}
	failed := t.request(ctx, "AddRecords", id, func(Verdict) { results, err = t.addRecords(ctx, id, records, ch) })
	if failed != nil {
		return make([]error, len(records)), failed
	}
	return results, err
}

func (t Table) addRecords(ctx context.Context, id string, records []customer.Record, ch customer.Change) ([]error, error) {
	if len(records) == 0 {
		return []error{}, nil
	}
	results, todo := t.planRecords(id, records, ch)
	if err := t.replayed(ch); err != nil {
		return results, err
	}
	r := t.roots[id]
	if r == nil {
		return results, customer.ErrNotFound
	}
	if r.Recent.Has(ch.ID) {
		return results, nil // an earlier attempt added them
	}
	if err := r.CanChange(); err != nil {
		return results, err
	}
	if len(todo) == 0 {
		return results, nil
	}
	next := root{Customer: clone(r.Customer), sweepAt: r.sweepAt, ttl: r.ttl}
	if next.setChange(ch, ch.ID); next.Counts == nil {
		next.Counts = map[string]int64{}
	}
	if t.records[id] == nil {
		t.records[id] = map[string]*record{}
	}
	for _, i := range todo {
		t.records[id][sortKey(records[i].Key)] = &record{records[i], ch.ID}
		next.Counts[records[i].Key.Kind()]++
	}
	t.recordsChanged(ctx, id)
	t.put(ctx, next)
	t.remember(ch, id, customer.Trace{At: ch.At})
	return results, nil
}

func (m *Model) recordsChanged(ctx context.Context, id string) {
	if m.WatchRecords != nil {
		m.WatchRecords(ctx, id)
	}
}

// planRecords returns the records that can be added, including those that the same change has
// added before.
func (t Table) planRecords(id string, records []customer.Record, ch customer.Change) (results []error, todo []int) {
	results = make([]error, len(records))
	coming := map[string]bool{}
	for i, r := range records {
		sk := sortKey(r.Key)
		if old := t.records[id][sk]; coming[sk] || old != nil && old.change != ch.ID {
			results[i] = customer.ErrExists
			continue
		}
		coming[sk] = true
	}
	for again := true; again; { // without a parent its children cannot be added either
		again = false
		for i, r := range records {
			parent := sortKey(r.Key.Parent())
			if results[i] != nil || parent == "" || coming[parent] || t.records[id][parent] != nil {
				continue
			}
			results[i] = customer.ErrNoParent
			delete(coming, sortKey(r.Key))
			again = true
		}
	}
	for i := range records {
		if results[i] == nil {
			todo = append(todo, i)
		}
	}
	return results, todo
}

// RemoveRecord removes a record and its descendants, the deepest first.
func (t Table) RemoveRecord(ctx context.Context, id string, key customer.Key, ch customer.Change) error {
	removed := 0
	for {
		lowest, err := t.lowest(ctx, id, key)
		switch {
		case err != nil:
			return err
		case len(lowest) == 0 && removed > 0:
			return nil
		case len(lowest) == 0:
			return t.noRecord(ctx, id, ch)
		}
		again, err := t.remove(ctx, id, lowest, ch, part(ch, removed))
		if err != nil {
			return err
		}
		switch {
		case again:
		case lowest[len(lowest)-1] == sortKey(key):
			return nil
		default:
			removed++
		}
	}
}

// part returns the id of the nth transaction of a change.
func part(ch customer.Change, n int) string {
	if n == 0 {
		return ch.ID
	}
	return fmt.Sprint(ch.ID, "/", n)
}

func (t Table) lowest(ctx context.Context, id string, key customer.Key) (keys []string, err error) {
	sk := sortKey(key)
	err = t.request(ctx, "LowestRecords", id+sk, func(Verdict) {
		keys = nil
		for k := range t.records[id] {
			if k == sk || strings.HasPrefix(k, sk+"#") {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		slices.Reverse(keys)
		keys = keys[:min(len(keys), batchSize)]
	})
	return keys, err
}

func (t Table) noRecord(ctx context.Context, id string, ch customer.Change) error {
	c, err := t.Customer(ctx, id)
	if err != nil || c.Made(ch.ID) {
		return err
	}
	if err := c.CanChange(); err != nil {
		return err
	}
	return customer.ErrNoRecord
}

// remove removes records and updates the counts in one transaction. It returns again if one of
// the records is missing or has other children: then the caller must plan it again.
func (t Table) remove(ctx context.Context, id string, keys []string, ch customer.Change, part string) (again bool, err error) {
	failed := t.request(ctx, "RemoveRecords", id+strings.Join(keys, " "), func(Verdict) { again, err = t.removeAll(ctx, id, keys, ch, part) })
	if failed != nil {
		return false, failed
	}
	return again, err
}

func (t Table) removeAll(ctx context.Context, id string, keys []string, ch customer.Change, part string) (again bool, err error) {
	r := t.roots[id]
	if r == nil {
		return false, customer.ErrNotFound
	}
	if r.Recent.Has(part) {
		return false, nil
	}
	if err := r.CanChange(); err != nil {
		return false, err
	}
	for k := range t.records[id] {
		for _, gone := range keys {
			if strings.HasPrefix(k, gone+"#") && !slices.Contains(keys, k) {
				return true, nil
			}
		}
	}
	next := root{Customer: clone(r.Customer), sweepAt: r.sweepAt, ttl: r.ttl}
	next.setChange(ch, part)
	for _, k := range keys {
		old := t.records[id][k]
		if old == nil {
			return true, nil
		}
		next.Counts[old.Key.Kind()]--
	}
	for _, k := range keys {
		delete(t.records[id], k)
	}
	t.recordsChanged(ctx, id)
	t.put(ctx, next)
	return false, nil
}

// Record reads one record of a visible customer.
func (t Table) Record(ctx context.Context, id string, key customer.Key) (r customer.Record, err error) {
	failed := t.request(ctx, "Record", id+sortKey(key), func(Verdict) {
		r = customer.Record{}
		if err = t.visible(id); err != nil {
			return
		}
		if found := t.records[id][sortKey(key)]; found != nil {
			r = found.Record
		} else {
			err = customer.ErrNoRecord
		}
	})
	if failed != nil {
		return r, failed
	}
	return r, err
}

func (m *Model) visible(id string) error {
	root := m.roots[id]
	if root == nil {
		return customer.ErrNotFound
	}
	return root.CanChange()
}

// Records reads a page of a visible customer's records.
func (t Table) Records(ctx context.Context, q customer.RecordQuery) (page customer.RecordPage, err error) {
	failed := t.request(ctx, "Records", q.Customer, func(Verdict) {
		if err = t.visible(q.Customer); err != nil {
			return
		}
		all := map[string]customer.Record{}
		for k, r := range t.records[q.Customer] {
			all[k] = r.Record
		}
		page = pageOf(all, q)
	})
	if failed != nil {
		return page, failed
	}
	return page, err
}

// Retained reads a page of a customer's retained records that have not expired.
func (t Table) Retained(ctx context.Context, q customer.RecordQuery) (page customer.RecordPage, err error) {
	err = t.request(ctx, "Retained", q.Customer, func(Verdict) {
		kept := maps.Clone(t.retained[q.Customer])
		for k, until := range t.until[q.Customer] {
			if !until.IsZero() && !until.After(time.Now()) {
				delete(kept, k)
			}
		}
		page = pageOf(kept, q)
	})
	return page, err
}

func pageOf(all map[string]customer.Record, q customer.RecordQuery) customer.RecordPage {
	b := q.Builder()
	for _, k := range slices.Sorted(maps.Keys(all)) {
		below := len(q.Parent) == 0 || strings.HasPrefix(k, sortKey(q.Parent)+"#")
		if k <= q.Cursor || !below || q.Kind != "" && all[k].Key.Kind() != q.Kind {
			continue
		}
		if b.Full() {
			b.Page.Cursor = sortKey(b.Page.Records[len(b.Page.Records)-1].Key)
			return b.Page
		}
		b.Add(all[k])
	}
	return b.Page
}
