package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// damagedRoot has the attributes of a root that repairs need. Other attributes may be damaged.
type damagedRoot struct {
	IPK      string         `dynamodbav:"ipk"`
	ISK      string         `dynamodbav:"isk"`
	State    string         `dynamodbav:"state"`
	Version  int64          `dynamodbav:"version"`
	Created  string         `dynamodbav:"created"`
	Holds    map[string]any `dynamodbav:"holds"`
	Deletion struct {
		PurgeTime millis `dynamodbav:"p"`
	} `dynamodbav:"deletion"`
	Last struct {
		At string `dynamodbav:"at"`
	} `dynamodbav:"last"`
}

// checkRoot adds the condition that a customer's root has not changed since it was seen, or is still missing.
func (m *repairing) checkRoot(seen repair.Seen) error {
	when := absent()
	if seen.Root != nil {
		when = rootUnchanged(seen.Root)
	}
	return m.check(keyOf(customerPK(seen.ID), rootSK), when)
}

// rootUnchanged is the condition that a root has not changed since it was seen. It compares the attributes that every change of
// a customer sets, and those that repairs set.
func rootUnchanged(seen item) expression.ConditionBuilder {
	var id types.AttributeValue
	if last, ok := seen["last"].(*types.AttributeValueMemberM); ok {
		id = last.Value["id"]
	}
	return unchanged(seen, "version", "state", "ipk", "isk", "ttl").And(same(expression.Name("last.id"), id))
}

func (m *repairing) updateRoot(u expression.UpdateBuilder) error {
	return m.update(m.seen.Root, u, rootUnchanged(m.seen.Root))
}

// withChange adds the change to an update of the root: who, when, why and the action.
func (m *repairing) withChange(u expression.UpdateBuilder, action customer.Action) expression.UpdateBuilder {
	return u.Set(expression.Name("last"), expression.Value(newChange(m.changeAs(action))))
}

func (m *repairing) changeAs(action customer.Action) customer.Change {
	ch := m.change
	ch.Action = action
	return ch
}

// addRootRepair adds a repair of the root. A repair of its place in the lists alone gets no new version and no audit entry.
func (m *repairing) addRootRepair(ctx context.Context, what repair.Root) error {
	r, err := m.root()
	if err != nil {
		return err
	}
	action := customer.ActionRepaired
	var u expression.UpdateBuilder
	switch what {
	case repair.SetVersion:
	case repair.SetCreated:
		u = expression.Set(expression.Name("created"), expression.Value(listSK(m.createdOf(r), m.seen.ID)))
	case repair.SetDeletion:
		u, err = m.setDeletion(ctx, r)
	case repair.DropDeletion:
		u = expression.Remove(expression.Name("deletion")).Remove(attrReason).Remove(attrSecond)
	case repair.CountHolds:
		u = expression.Set(attrNHolds, expression.Value(len(r.Holds)))
	case repair.DropPolicies:
		u = expression.Remove(expression.Name("frozen"))
	case repair.GiveNotice:
		u, action = m.giveNotice(r), customer.ActionRedated
	case repair.StartPurge:
		u, err = m.startPurge(ctx, r)
		action = customer.ActionPurgeStarted
	case repair.Relist:
		return m.relist(r)
	case repair.ReleasePurge:
		return m.updateRoot(move(u, m.purgePlace(r)))
	}
	return cmp.Or(err, m.repairRoot(u, action))
}

func (m *repairing) root() (r damagedRoot, err error) {
	if err := attributevalue.UnmarshalMap(m.seen.Root, &r); err != nil {
		return r, errors.Join(repair.ErrChanged, err)
	}
	return r, nil
}

// repairRoot adds an update of the root with a new version, which the audit log shows.
func (m *repairing) repairRoot(u expression.UpdateBuilder, action customer.Action) error {
	r, err := m.root()
	u = u.Set(attrVersion, expression.Value(max(r.Version, 0)+1))
	return cmp.Or(err, m.updateRoot(m.withChange(u, action)))
}

// createdOf returns a time for a root without its creation time: its place in the list of active customers, else the time of
// its last change, else now.
func (m *repairing) createdOf(r damagedRoot) string {
	listed, found := strings.CutSuffix(r.ISK, "#"+m.seen.ID)
	if _, err := parseTime(listed); err == nil && found && listed != "" && r.State == string(customer.Active) {
		return listed
	}
	if _, err := parseTime(r.Last.At); err == nil && r.Last.At != "" {
		return r.Last.At
	}
	return formatTime(m.change.At)
}

// setDeletion sets a deletion that begins now. Without settings it has no purge time.
func (m *repairing) setDeletion(ctx context.Context, r damagedRoot) (expression.UpdateBuilder, error) {
	d := m.newDeletion()
	if r.State == string(customer.Deleted) {
		s, err := m.table.Settings(ctx)
		if err != nil {
			return expression.UpdateBuilder{}, err
		}
		if s.Version > 0 {
			d.PurgeTime = s.Retention.After(m.change.At)
		}
	}
	return withWords(expression.Set(expression.Name("deletion"), expression.Value(newDeletion(d))), d), nil
}

func (m *repairing) newDeletion() customer.Deletion {
	return customer.Deletion{ID: customer.NewID(), Time: m.change.At, By: m.change.By, Reason: m.change.Reason}
}

func (m *repairing) giveNotice(r damagedRoot) expression.UpdateBuilder {
	due := m.change.At.Add(customer.LiftNotice)
	p := m.table.deletedPlace(m.seen.ID, customer.Deletion{PurgeTime: due})
	return move(expression.Set(attrDue, expression.Value(newMillis(due))), m.sameShard(p, r))
}

// startPurge takes the customer past the fence, with a lease that has ended: the next sweep continues the purge.
func (m *repairing) startPurge(ctx context.Context, r damagedRoot) (expression.UpdateBuilder, error) {
	s, err := m.table.Settings(ctx)
	u := expression.
		Set(attrState, expression.Value(string(customer.Purging))).
		Set(expression.Name("frozen"), expression.Value(newPolicies(s.Kinds)))
	return move(u, m.purgePlace(r)), err
}

// purgePlace is the place of a purge with a lease that ends now, for the next sweep.
func (m *repairing) purgePlace(r damagedRoot) place {
	return m.sameShard(m.table.purgingPlace(m.seen.ID, m.change.At), r)
}

// relist moves the root to the list of its state. It is no change of the customer: the version stays.
func (m *repairing) relist(r damagedRoot) error {
	c, err := r.placed(m.seen.ID)
	if err != nil {
		return errors.Join(repair.ErrChanged, err)
	}
	return m.updateRoot(move(expression.UpdateBuilder{}, m.sameShard(m.table.place(c, r.lease(m.seen.ID, m.change.At)), r)))
}

// placed returns a customer with the fields that decide its place in the lists.
func (r damagedRoot) placed(id string) (customer.Customer, error) {
	var p timeParser
	c := customer.Customer{ID: id, State: customer.State(r.State), Created: p.created(r.Created)}
	if c.State != customer.Active {
		c.Deletion = &customer.Deletion{PurgeTime: r.Deletion.PurgeTime.time()}
	}
	if c.State == customer.Deleted && len(r.Holds) > 0 {
		c.Holds = map[string]customer.Hold{"": {}}
	}
	return c, p.err
}

// lease returns the end of a purge's lease, from the root's place in the list; now if the place is damaged.
func (r damagedRoot) lease(id string, now time.Time) time.Time {
	at, owner, _ := strings.Cut(r.ISK, "#")
	lease, err := parseTime(at)
	if err != nil || lease.IsZero() || owner != id {
		return now
	}
	return lease
}

// sameShard returns the place in the root's present shard, if that shard exists.
func (m *repairing) sameShard(p place, r damagedRoot) place {
	list, _, _ := strings.Cut(p.ipk, "#")
	_, text, _ := strings.Cut(r.IPK, "#")
	if shard, err := strconv.Atoi(text); err == nil && shard >= 0 && (shard < m.table.Shards || m.table.Shards == 0) {
		p.ipk = listPK(list, shard)
	}
	return p
}

func (m *repairing) dropMarks(attributes []string) error {
	var u expression.UpdateBuilder
	for _, name := range attributes {
		u = u.Remove(expression.Name(name))
	}
	return m.repairRoot(u, customer.ActionRepaired)
}

// putBack adds a missing root in the state purging.
func (m *repairing) putBack(ctx context.Context, r repair.PutBack) error {
	s, err := m.table.Settings(ctx)
	if err != nil {
		return err
	}
	d := m.newDeletion()
	c := customer.Customer{
		ID: m.seen.ID, State: customer.Purging, Version: 1, Epoch: 1, Created: m.change.At, Profile: customer.Profile{Email: r.Email},
		Counts: r.Counts, Terms: r.Terms, Deletion: &d, Frozen: s.Kinds, Last: m.changeAs(customer.ActionPurgeStarted),
	}
	root := m.table.newRoot(c, m.change.At)
	if root.Frozen == nil {
		root.Frozen = newPolicies(nil)
	}
	if m.seen.Root != nil {
		return fmt.Errorf("%w: the root exists", repair.ErrChanged)
	}
	return m.putNew(root)
}
