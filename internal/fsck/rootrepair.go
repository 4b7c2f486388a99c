package fsck

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// unchanged is the condition that the root is as it was read, as far as anybody's change
// of it shows.
func (r row) unchanged() expression.ConditionBuilder {
	when := expression.Name("pk").AttributeExists().And(same(expression.Name("last.id"), lastID(r.raw)))
	for _, name := range []string{"version", "state", "ipk", "isk", "ttl"} {
		when = when.And(same(expression.Name(name), r.raw[name]))
	}
	return when
}

func lastID(it item) types.AttributeValue {
	last, ok := it["last"].(*types.AttributeValueMemberM)
	if !ok {
		return nil
	}
	return last.Value["id"]
}

func same(name expression.NameBuilder, value types.AttributeValue) expression.ConditionBuilder {
	if value == nil {
		return name.AttributeNotExists()
	}
	return name.Equal(expression.Value(value))
}

// check is the condition, of a transaction, that the root is as it was read: also that it is gone.
func (e *examination) check() (types.TransactWriteItem, error) {
	when := expression.Name("pk").AttributeNotExists()
	if e.root != nil {
		when = e.root.unchanged()
	}
	return e.run.conditionCheck(rootKey(e.customer), when)
}

func (r *run) conditionCheck(k key, when expression.ConditionBuilder) (types.TransactWriteItem, error) {
	expr, err := expression.NewBuilder().WithCondition(when).Build()
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &r.Table, Key: k.item(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}}, err
}

func (r *run) updating(k key, u expression.UpdateBuilder, when expression.ConditionBuilder) (types.TransactWriteItem, error) {
	expr, err := expression.NewBuilder().WithUpdate(u).WithCondition(when).Build()
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &r.Table, Key: k.item(), UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}}, err
}

func (r *run) deleting(k key, when expression.ConditionBuilder) (types.TransactWriteItem, error) {
	expr, err := expression.NewBuilder().WithCondition(when).Build()
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName: &r.Table, Key: k.item(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}}, err
}

func (r *run) putting(it item, when expression.ConditionBuilder) (types.TransactWriteItem, error) {
	expr, err := expression.NewBuilder().WithCondition(when).Build()
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &r.Table, Item: it, ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}}, err
}

// updateRoot changes the root if it is as it was read, together with other writes, and
// reads it again as it is then: the next repair goes on from there.
func (e *examination) updateRoot(ctx context.Context, u expression.UpdateBuilder, others ...types.TransactWriteItem) error {
	write, err := e.run.updating(rootKey(e.customer), u, e.root.unchanged())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	if err := e.run.client.commit(ctx, append(others, write)...); err != nil {
		return err
	}
	it, err := e.run.client.get(ctx, e.run.Table, rootKey(e.customer))
	if err != nil || it == nil {
		return err
	}
	changed, err := decode(it)
	if err == nil {
		e.root = &changed
	}
	return err
}

// told adds to an update of the root who changed what.
func (e *examination) told(u expression.UpdateBuilder, action customer.Action) expression.UpdateBuilder {
	return u.Set(expression.Name("last"), expression.Value(e.change(action)))
}

// bumped makes an update one that others notice by the version.
func (e *examination) bumped(u expression.UpdateBuilder, action customer.Action) expression.UpdateBuilder {
	return e.told(u.Set(expression.Name("version"), expression.Value(max(e.root.Version, 0)+1)), action)
}

func (e *examination) change(action customer.Action) map[string]string {
	return map[string]string{
		"id": customer.NewID(), "at": formatTime(e.now()), "by": e.run.By, "action": string(action), "reason": "found by fsck",
	}
}

func (e *examination) setVersion(ctx context.Context) error {
	return e.updateRoot(ctx, e.bumped(expression.UpdateBuilder{}, customer.ActionRepaired))
}

func (e *examination) dropDeletion(ctx context.Context) error {
	return e.updateRoot(ctx, e.bumped(expression.Remove(expression.Name("deletion")), customer.ActionRepaired))
}

// setDeletion makes up a deletion that is lost: it begins anew, with the time in the
// trash that the settings give.
func (e *examination) setDeletion(ctx context.Context) error {
	d := e.deletion()
	if retention, err := customer.ParsePeriod(e.run.retain); err == nil && e.root.State == deleted {
		if due := retention.After(e.now()); !due.IsZero() {
			d["purgeTime"] = formatTime(due)
		}
	}
	return e.updateRoot(ctx, e.bumped(expression.Set(expression.Name("deletion"), expression.Value(d)), customer.ActionRepaired))
}

func (e *examination) deletion() map[string]string {
	return map[string]string{"id": customer.NewID(), "time": formatTime(e.now()), "by": e.run.By, "reason": "found by fsck"}
}

// setCreated takes the time of creation from the list, or from the last change.
func (e *examination) setCreated(ctx context.Context) error {
	created := formatTime(e.now())
	for _, known := range []string{e.root.Last.At, strings.TrimSuffix(e.root.Sort, "#"+e.customer)} {
		if _, err := time.Parse(timeLayout, known); err == nil && (known == e.root.Last.At || e.root.State == active) {
			created = known
		}
	}
	return e.updateRoot(ctx, e.bumped(expression.Set(expression.Name("created"), expression.Value(created+"#"+e.customer)), customer.ActionRepaired))
}

// giveNotice moves the purge time of a customer whose last legal hold was lifted to where
// the lift should have moved it, counted from now.
func (e *examination) giveNotice(ctx context.Context) error {
	due := e.now().Add(customer.LiftNotice)
	u := expression.Set(expression.Name("deletion.purgeTime"), expression.Value(formatTime(due)))
	p := place{e.list("trash"), formatTime(due) + "#" + e.customer, due.Add(e.run.Grace).Unix()}
	return e.updateRoot(ctx, e.bumped(moved(u, p), customer.ActionRedated))
}

// move puts the root where it belongs. That is no change of the customer.
func (e *examination) move(ctx context.Context) error {
	return e.updateRoot(ctx, moved(expression.UpdateBuilder{}, e.place()))
}

func moved(u expression.UpdateBuilder, p place) expression.UpdateBuilder {
	u = u.Set(expression.Name("ipk"), expression.Value(p.list)).Set(expression.Name("isk"), expression.Value(p.sort))
	if p.ttl == 0 {
		return u.Remove(expression.Name("ttl"))
	}
	return u.Set(expression.Name("ttl"), expression.Value(p.ttl))
}

// fence hands one that is overdue to the purge, as a sweep would: the next one finds it
// as a purge that stands still.
func (e *examination) fence(ctx context.Context) error {
	policies, err := e.freeze(ctx)
	if err != nil {
		return err
	}
	u := expression.Set(expression.Name("state"), expression.Value(purging)).Set(expression.Name("frozen"), expression.Value(policies))
	return e.updateRoot(ctx, e.bumped(moved(u, e.due()), customer.ActionPurgeStarted))
}

// release gives a purge's lease back, so that the next sweep finds it.
func (e *examination) release(ctx context.Context) error {
	return e.updateRoot(ctx, moved(expression.UpdateBuilder{}, e.due()))
}

// due is the place of a purge that somebody should take up now.
func (e *examination) due() place {
	return place{e.list("trash"), formatTime(e.now()) + "#" + e.customer, e.now().Add(e.run.Grace).Unix()}
}

// recount makes the root count what there is.
func (e *examination) recount(ctx context.Context) error {
	counts := maps.Clone(e.tree.counts)
	for kind, n := range e.root.Counts {
		if e.root.State == purging {
			n = max(n, counts[kind]) // some may have gone already
		} else {
			n = counts[kind]
		}
		counts[kind] = n
	}
	return e.updateRoot(ctx, e.told(expression.Set(expression.Name("counts"), expression.Value(counts)), customer.ActionRepaired))
}

// putBack puts back the root of what is left of a customer, past the fence, so that the
// ordinary purge erases and certifies it.
func (e *examination) putBack(ctx context.Context, counts map[string]int64, terms []string, email string) error {
	e.root = &row{} // for the shard of its list
	p := e.due()
	e.root = nil
	policies, err := e.freeze(ctx)
	if err != nil {
		return err
	}
	last := e.change(customer.ActionPurgeStarted)
	root := map[string]any{
		"pk": customerPK(e.customer), "sk": rootSK, "ipk": p.list, "isk": p.sort, "ttl": p.ttl,
		"state": purging, "version": 1, "epoch": 1, "created": formatTime(e.now()) + "#" + e.customer,
		"profile": map[string]string{}, "counts": counts, "holds": map[string]any{}, "deletion": e.deletion(), "frozen": policies, "last": last,
	}
	if email != "" {
		root["profile"] = map[string]string{"email": email}
	}
	if len(terms) > 0 {
		root["terms"] = terms
	}
	it, err := attributevalue.MarshalMap(root)
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	write, err := e.run.putting(it, expression.Name("pk").AttributeNotExists())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return e.run.client.commit(ctx, write)
}
