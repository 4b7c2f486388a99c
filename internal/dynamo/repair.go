package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// repairing is the transaction of a repair, on condition that nothing has changed since the check.
type repairing struct {
	*transaction

	seen   repair.Seen
	change customer.Change
}

func (t *Table) newRepair(seen repair.Seen, ch customer.Change) *repairing {
	tx := t.newTransaction()
	tx.bill = types.ReturnConsumedCapacityIndexes
	return &repairing{tx, seen, ch}
}

// RepairCustomer makes a repair, if the customer's root has not changed since it was seen; if it has, the error is
// [repair.ErrChanged]. It returns the write units consumed. The change says who repairs, when and why; its action follows from
// the repair.
func (t *Table) RepairCustomer(ctx context.Context, seen repair.Seen, r repair.OfCustomer, ch customer.Change) (units float64, err error) {
	m := t.newRepair(seen, ch)
	switch r := r.(type) {
	case repair.Root:
		err = m.addRootRepair(ctx, r)
	case repair.Recount:
		err = m.updateRoot(m.withChange(expression.Set(expression.Name("counts"), expression.Value(r.Counts)), customer.ActionRepaired))
	case repair.SetFormer:
		err = m.repairRoot(expression.Set(expression.Name("former"), expression.Value(r.Former)), customer.ActionRepaired)
	case repair.DropMarks:
		err = m.dropMarks(r.Attributes)
	case repair.PutBack:
		err = m.putBack(ctx, r)
	default:
		err = m.addItemRepair(r)
	}
	if err != nil {
		return 0, fmt.Errorf("dynamo: repair %T: %w", r, err)
	}
	return m.finish(ctx)
}

// addItemRepair adds a repair of an item that belongs to the root, and a check of the root.
func (m *repairing) addItemRepair(r repair.OfCustomer) error {
	switch r := r.(type) {
	case repair.PutTerm:
		m.putTerms(m.seen.ID, []string{r.Term})
		return m.checkRoot(m.seen)
	case repair.PutClaim:
		return errors.Join(m.putNew(claim{claimPK(r.Identity), rootSK, m.seen.ID}), m.checkRoot(m.seen))
	case repair.TakeClaim:
		return errors.Join(m.takeClaim(r), m.checkRoot(r.From), m.checkRoot(m.seen))
	case repair.RemoveTerm:
		return errors.Join(m.remove(r.Key, exists()), m.checkRoot(m.seen))
	case repair.RemoveClaim:
		return errors.Join(m.remove(r.Key, expression.Name("customer").Equal(expression.Value(m.seen.ID))), m.checkRoot(m.seen))
	case repair.Straighten:
		return errors.Join(m.straighten(r.Record), m.checkRoot(m.seen))
	case repair.CountChildren:
		return errors.Join(m.countChildren(r), m.checkRoot(m.seen))
	case repair.RemoveRecord:
		return m.removeRecord(r.Key)
	}
	return errors.New("unknown repair")
}

// RepairItem makes a repair of an item that no other item depends on, if it has not changed since it was seen; if it has,
// the error is [repair.ErrChanged]. It returns the write units consumed.
func (t *Table) RepairItem(ctx context.Context, r repair.OfItem) (units float64, err error) {
	m := t.newRepair(repair.Seen{}, customer.Change{})
	switch r := r.(type) {
	case repair.SetTTL:
		err = m.update(r.Item, expression.Set(attrTTL, expression.Value(r.At.Unix())), unchanged(r.Item, "ttl"))
	case repair.DropMaker:
		err = m.update(r.Item, expression.Remove(expression.Name("by")), unchanged(r.Item, "by"))
	}
	if err != nil {
		return 0, fmt.Errorf("dynamo: repair %T: %w", r, err)
	}
	return m.finish(ctx)
}

// finish commits the repair. If every attempt conflicts with other transactions, the items count as changed.
func (m *repairing) finish(ctx context.Context) (units float64, err error) {
	err = m.commit(ctx)
	var collided *types.TransactionCanceledException
	if errors.As(err, &collided) && errors.Is(err, customer.ErrBusy) {
		return 0, repair.ErrChanged
	}
	return m.units, err
}

// refusedRepair explains a failed condition of a repair.
func refusedRepair(item) error { return repair.ErrChanged }

// unchanged is the condition that an item exists and that these attributes have the values that were seen.
func unchanged(seen item, attributes ...string) expression.ConditionBuilder {
	when := exists()
	for _, name := range attributes {
		when = when.And(same(expression.Name(name), seen[name]))
	}
	return when
}

// same is the condition that an attribute has the value; if value is nil, that it is missing.
func same(name expression.NameBuilder, value types.AttributeValue) expression.ConditionBuilder {
	if value == nil {
		return name.AttributeNotExists()
	}
	return name.Equal(expression.Value(value))
}

func absent() expression.ConditionBuilder { return expression.Name("pk").AttributeNotExists() }

// check adds a condition on an item that the transaction does not write.
func (m *repairing) check(key item, when expression.ConditionBuilder) error {
	expr, err := expression.NewBuilder().WithCondition(when).Build()
	m.add(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &m.table.Name, Key: key, ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}}, refusedRepair)
	return err
}

// update adds an update of an item that the check has read.
func (m *repairing) update(seen item, u expression.UpdateBuilder, when expression.ConditionBuilder) error {
	expr, err := expression.NewBuilder().WithUpdate(u).WithCondition(when).Build()
	m.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &m.table.Name, Key: keyOf(stringOf(seen, "pk"), stringOf(seen, "sk")),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}}, refusedRepair)
	return err
}

func (m *repairing) remove(k repair.Key, when expression.ConditionBuilder) error {
	expr, err := expression.NewBuilder().WithCondition(when).Build()
	m.add(types.TransactWriteItem{Delete: &types.Delete{
		TableName: &m.table.Name, Key: keyOf(k.PK, k.SK), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}}, refusedRepair)
	return err
}

// putNew adds an item, on condition that its key is free.
func (m *repairing) putNew(value any) error { return m.put(value, refusedRepair) }

// takeClaim replaces a claim that another customer has.
func (m *repairing) takeClaim(r repair.TakeClaim) error {
	it, err := attributevalue.MarshalMap(claim{claimPK(r.Identity), rootSK, m.seen.ID})
	m.add(types.TransactWriteItem{Put: &types.Put{
		TableName: &m.table.Name, Item: it, ConditionExpression: aws.String("customer = :other"),
		ExpressionAttributeValues: item{":other": &types.AttributeValueMemberS{Value: r.From.ID}},
	}}, refusedRepair)
	return err
}

func (m *repairing) straighten(record item) error {
	key, err := parseRecordKey(stringOf(record, "sk"))
	if err != nil {
		return errors.Join(repair.ErrChanged, err)
	}
	kind := key[len(key)-1].Kind
	return m.updateRecord(record, expression.Set(expression.Name("kind"), expression.Value(kind)).Remove(attrTTL))
}

func (m *repairing) countChildren(r repair.CountChildren) error {
	children := expression.Name("children")
	if r.Children == 0 {
		return m.updateRecord(r.Record, expression.Remove(children))
	}
	return m.updateRecord(r.Record, expression.Set(children, expression.Value(r.Children)))
}

func (m *repairing) updateRecord(record item, u expression.UpdateBuilder) error {
	return m.update(record, u, unchanged(record, "kind", "ttl", "children"))
}

// removeRecord removes a record that has no parent. The records below it then have no parent either: the next check finds them.
func (m *repairing) removeRecord(k repair.Key) error {
	key, err := parseRecordKey(k.SK)
	if err != nil || len(key) < 2 {
		return errors.Join(repair.ErrChanged, err)
	}
	last := len(key) - 1
	count := expression.Name("counts").AppendName(expression.NameNoDotSplit(key[last].Kind))
	return errors.Join(
		m.remove(k, exists()),
		m.check(keyOf(k.PK, recordKey(key[:last])), absent()),
		m.updateRoot(m.withChange(expression.Set(count, count.Minus(expression.Value(1))), customer.ActionRecordsRemoved)),
	)
}
