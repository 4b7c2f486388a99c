package model

import (
	"cmp"
	"context"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"lethe/internal/bulk"
)

// Operations is the model as a [bulk.Store].
type Operations struct{ *Model }

var _ bulk.Store = Operations{}

func (o Operations) write(ctx context.Context, op bulk.Operation) {
	before := o.operations[op.ID]
	o.operations[op.ID] = &op
	if o.WatchOperation != nil {
		o.WatchOperation(ctx, before, &op)
	}
}

// Create adds an operation and its selection. A retry after a lost answer succeeds.
func (o Operations) Create(ctx context.Context, op bulk.Operation, selection []byte) (err error) {
	failed := o.request(ctx, "CreateOperation", op.ID, func(Verdict) {
		if err = nil; o.operations[op.ID] != nil {
			err = bulk.ErrExists
			return
		}
		o.write(ctx, op)
		o.selections[op.ID] = slices.Clone(selection)
	})
	return cmp.Or(failed, err)
}

// Operation reads one operation.
func (o Operations) Operation(ctx context.Context, id string) (op bulk.Operation, err error) {
	failed := o.request(ctx, "Operation", id, func(Verdict) {
		if found := o.operations[id]; found != nil {
			op, err = *found, nil
		} else {
			op, err = bulk.Operation{}, bulk.ErrNotFound
		}
	})
	if failed != nil {
		return bulk.Operation{}, failed
	}
	return op, err
}

func created(op *bulk.Operation) string { return op.Created.Format(time.RFC3339Nano) + op.ID }

func (o Operations) sorted() []*bulk.Operation {
	all := make([]*bulk.Operation, 0, len(o.operations))
	for _, op := range o.operations {
		all = append(all, op)
	}
	slices.SortFunc(all, func(a, b *bulk.Operation) int { return strings.Compare(created(a), created(b)) })
	return all
}

// Operations reads a page of all operations, newest first.
func (o Operations) Operations(ctx context.Context, q bulk.Query) (page bulk.Page, err error) {
	err = o.request(ctx, "Operations", q.Cursor, func(Verdict) {
		page = bulk.Page{}
		all := o.sorted()
		slices.Reverse(all)
		for _, op := range all {
			if q.Cursor != "" && created(op) >= q.Cursor {
				continue
			}
			if len(page.Operations) == q.Limit {
				page.Cursor = created(&page.Operations[q.Limit-1])
				return
			}
			page.Operations = append(page.Operations, *op)
		}
	})
	return page, err
}

// Active iterates over the operations that have not ended. A stale list lacks the newest.
func (o Operations) Active(ctx context.Context) iter.Seq2[bulk.Operation, error] {
	return func(yield func(bulk.Operation, error) bool) {
		var ids []string
		err := o.request(ctx, "Active", "", func(v Verdict) {
			ids = nil
			for _, op := range o.sorted() {
				fresh := v == Stale && time.Since(op.Created) < lag
				if !op.State.Ended() && !fresh {
					ids = append(ids, op.ID)
				}
			}
		})
		if err != nil {
			yield(bulk.Operation{}, err)
			return
		}
		for _, id := range ids {
			op, err := o.Operation(ctx, id)
			if err == nil && op.State.Ended() {
				continue
			}
			if !yield(op, err) || err != nil {
				return
			}
		}
	}
}

// Selection reads the selection that an operation plans from.
func (o Operations) Selection(ctx context.Context, id string) (selection []byte, err error) {
	err = o.request(ctx, "Selection", id, func(Verdict) { selection = slices.Clone(o.selections[id]) })
	return selection, err
}

// replaceable returns an error unless op has the version after the stored one. done is true if
// op itself is stored already: an earlier request stored it and lost its answer.
func (o Operations) replaceable(op bulk.Operation) (done bool, err error) {
	stored := o.operations[op.ID]
	if stored != nil && stored.Version == op.Version-1 {
		return false, nil
	}
	if stored != nil {
		same := *stored
		same.Swept = op.Swept
		if reflect.DeepEqual(same, op) {
			return true, nil
		}
	}
	return false, bulk.ErrVersion
}

// Save writes an operation.
func (o Operations) Save(ctx context.Context, op bulk.Operation) (err error) {
	failed := o.request(ctx, "SaveOperation", op.ID, func(Verdict) {
		var done bool
		if done, err = o.replaceable(op); err == nil && !done {
			o.write(ctx, op)
		}
	})
	return cmp.Or(failed, err)
}

// Freeze writes an operation and adds chunks to it.
func (o Operations) Freeze(ctx context.Context, op bulk.Operation, chunks []bulk.Chunk) (err error) {
	failed := o.request(ctx, "Freeze", op.ID, func(Verdict) {
		var done bool
		if done, err = o.replaceable(op); err != nil || done {
			return
		}
		for _, c := range chunks {
			o.chunks[op.ID] = append(o.chunks[op.ID], newChunk(c))
		}
		if op.State != bulk.Planning {
			delete(o.selections, op.ID)
		}
		o.write(ctx, op)
	})
	return cmp.Or(failed, err)
}

// SaveSweepMark stores what the sweep saw of an operation.
func (o Operations) SaveSweepMark(ctx context.Context, id string, mark bulk.SweepMark) (err error) {
	failed := o.request(ctx, "SaveSweepMark", id, func(Verdict) {
		stored := o.operations[id]
		if err = nil; stored == nil {
			err = bulk.ErrNotFound
			return
		}
		marked := *stored
		marked.Swept = mark
		o.operations[id] = &marked
	})
	return cmp.Or(failed, err)
}
