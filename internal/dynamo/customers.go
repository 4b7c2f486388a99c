package dynamo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// claim gives an e-mail address to one customer.
type claim struct {
	PK       string `dynamodbav:"pk"`
	SK       string `dynamodbav:"sk"`
	Customer string `dynamodbav:"customer"`
}

// Customer reads a customer consistently; [customer.ErrNotFound] if it does not exist.
func (t *Table) Customer(ctx context.Context, id string) (customer.Customer, error) {
	it, err := t.get(ctx, customerPK(id), rootSK)
	if err != nil {
		return customer.Customer{}, fmt.Errorf("dynamo: read customer: %w", err)
	}
	if it == nil {
		return customer.Customer{}, customer.ErrNotFound
	}
	return DecodeCustomer(it)
}

// EmailOwner returns the id of the customer with an e-mail address, by a consistent read; [customer.ErrNotFound] if nobody has it.
func (t *Table) EmailOwner(ctx context.Context, email string) (string, error) {
	p := customer.Profile{Email: email}
	c := customer.Customer{Profile: p}.WithNames(t.names(p))
	it, err := t.get(ctx, claimPK(c.Claimed()), rootSK)
	if err != nil {
		return "", fmt.Errorf("dynamo: read claim: %w", err)
	}
	if it == nil {
		return "", customer.ErrNotFound
	}
	return stringOf(it, "customer"), nil
}

// Create adds a customer with its claim and its search terms.
func (t *Table) Create(ctx context.Context, c customer.Customer) error {
	c = c.WithNames(t.names(c.Profile))
	c.Recent = c.Recent.With(c.Last.ID)
	tx := t.newTransaction()
	if err := tx.addOnce(c.Last, c.ID, c.Trace()); err != nil {
		return err
	}
	if err := tx.put(t.newRoot(c, time.Time{}), existsUnless(c.Last.ID)); err != nil {
		return err
	}
	if err := tx.claim(c.Claimed(), c.ID); err != nil {
		return err
	}
	tx.putTerms(c.ID, c.Terms)
	return tx.commit(ctx)
}

// existsUnless explains that a customer exists. It is errDone if the same change
// has made it.
func existsUnless(change string) func(item) error {
	return func(old item) error {
		c, err := DecodeCustomer(old)
		switch {
		case err != nil:
			return err
		case c.Made(change):
			return errDone
		}
		return customer.ErrExists
	}
}

// claim takes an e-mail address for a customer.
func (tx *transaction) claim(identity, id string) error {
	if identity == "" {
		return nil
	}
	return tx.put(claim{claimPK(identity), rootSK, id}, func(old item) error {
		var c claim
		if err := attributevalue.UnmarshalMap(old, &c); err != nil {
			return fmt.Errorf("dynamo: decode claim: %w", err)
		}
		return &customer.EmailTakenError{Owner: c.Customer}
	})
}

// unclaim frees an e-mail address, on condition that the customer has it.
func (tx *transaction) unclaim(identity, id string) {
	if identity == "" {
		return
	}
	tx.add(types.TransactWriteItem{Delete: &types.Delete{
		TableName: &tx.table.Name, Key: keyOf(claimPK(identity), rootSK),
		ConditionExpression:       aws.String("customer = :id"),
		ExpressionAttributeValues: item{":id": &types.AttributeValueMemberS{Value: id}},
	}}, func(item) error { return customer.ErrVersion })
}

func (tx *transaction) putTerms(id string, terms []string) {
	for _, term := range terms {
		tx.add(types.TransactWriteItem{Put: &types.Put{
			TableName: &tx.table.Name, Item: keyOf(termPK(term), termSK(term, id)),
		}}, nil)
	}
}

func (tx *transaction) deleteTerms(id string, terms []string) {
	for _, term := range terms {
		tx.add(types.TransactWriteItem{Delete: &types.Delete{
			TableName: &tx.table.Name, Key: keyOf(termPK(term), termSK(term, id)),
		}}, nil)
	}
}

// Revise replaces a profile, its claim and its search terms.
func (t *Table) Revise(ctx context.Context, old, revised customer.Customer) error {
	revised = revised.WithNames(t.names(revised.Profile))
	tx := t.newTransaction()
	if err := tx.addOnce(revised.Last, revised.ID, revised.Trace()); err != nil {
		return err
	}
	if err := tx.revise(old, revised); err != nil {
		return err
	}
	if old.Claimed() != revised.Claimed() {
		if err := tx.claim(revised.Claimed(), revised.ID); err != nil {
			return err
		}
		tx.unclaim(old.Claimed(), old.ID)
	}
	tx.putTerms(revised.ID, without(revised.Terms, old.Terms))
	tx.deleteTerms(revised.ID, without(old.Terms, revised.Terms))
	return tx.commit(ctx)
}

func (tx *transaction) revise(old, revised customer.Customer) error {
	u := withMark(expression.
		Set(expression.Name("profile"), expression.Value(profile(revised.Profile))).
		Set(expression.Name("terms"), expression.Value(revised.Terms)).
		Set(attrVersion, expression.Value(revised.Version)), revised.Last, revised.Last.ID)
	if revised.Claim != "" {
		u = u.Set(attrClaim, expression.Value(revised.Claim))
	} else {
		u = u.Remove(attrClaim)
	}
	if len(revised.Former) > 0 {
		u = u.Set(expression.Name("former"), expression.Value([]byte(revised.Former)))
	}
	expr, err := expression.NewBuilder().WithUpdate(u).
		WithCondition(stateIs(customer.Active).And(attrVersion.Equal(expression.Value(old.Version)), notRemembered(revised.Last.ID))).
		Build()
	if err != nil {
		return fmt.Errorf("dynamo: revise: %w", err)
	}
	tx.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &tx.table.Name, Key: keyOf(customerPK(old.ID), rootSK),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}, func(now item) error { return refusedRevision(now, revised.Last.ID) })
	return nil
}

func refusedRevision(now item, change string) error {
	if len(now) == 0 {
		return customer.ErrNotFound
	}
	c, err := DecodeCustomer(now)
	if err != nil {
		return err
	}
	if c.Made(change) {
		return errDone
	}
	if err := c.CanChange(); err != nil {
		return err
	}
	return customer.ErrVersion
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}
