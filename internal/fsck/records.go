package fsck

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// recordProblem is what the tree tells of a record.
func (e *examination) recordProblem(rule Rule, r row, what string, there int64) {
	var f fix
	switch rule {
	case BadRecord:
		f = func(ctx context.Context) error { return e.straighten(ctx, r) }
	case ChildCount:
		f = func(ctx context.Context) error { return e.countChildren(ctx, r, there) }
	case ParentMissing:
		f = func(ctx context.Context) error { return e.removeRecord(ctx, r) }
	default: // nothing is to be done about it
	}
	e.problem(rule, r.key(), what, f)
}

// changeRecord changes a record that is as it was read, while the root is.
func (e *examination) changeRecord(ctx context.Context, r row, u expression.UpdateBuilder) error {
	when := expression.Name("pk").AttributeExists()
	for _, name := range []string{"kind", "ttl", "children"} {
		when = when.And(same(expression.Name(name), r.raw[name]))
	}
	write, err := e.run.updating(r.key(), u, when)
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return e.commit(ctx, write)
}

// commit writes something while the root is as it was read.
func (e *examination) commit(ctx context.Context, writes ...types.TransactWriteItem) error {
	check, err := e.check()
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return e.run.client.commit(ctx, append(writes, check)...)
}

// straighten gives a record the kind of its key, and lets it stay.
func (e *examination) straighten(ctx context.Context, r row) error {
	kind, _, _ := splitRecord(r.SK)
	return e.changeRecord(ctx, r, expression.Set(expression.Name("kind"), expression.Value(kind)).Remove(expression.Name("ttl")))
}

func (e *examination) countChildren(ctx context.Context, r row, there int64) error {
	children := expression.Name("children")
	if there == 0 {
		return e.changeRecord(ctx, r, expression.Remove(children))
	}
	return e.changeRecord(ctx, r, expression.Set(children, expression.Value(there)))
}

// removeRecord removes a record whose parent is gone, with its count. What is below it
// has lost its parent then, and is found by the next look.
func (e *examination) removeRecord(ctx context.Context, r row) error {
	kind, _, _ := splitRecord(r.SK)
	remove, err := e.run.deleting(r.key(), expression.Name("pk").AttributeExists())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	_, parent, _ := splitRecord(r.SK)
	gone, err := e.run.conditionCheck(key{r.PK, parent}, expression.Name("pk").AttributeNotExists())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	count := expression.Name("counts").AppendName(expression.NameNoDotSplit(kind))
	u := expression.Set(count, count.Minus(expression.Value(1)))
	return e.updateRoot(ctx, e.told(u, customer.ActionRecordsRemoved), remove, gone)
}
