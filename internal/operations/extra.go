package operations

import (
	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// extra returns the write units that an action on a customer takes beyond those of a small customer. units returns what one
// write of a customer takes.
type extra func(op bulk.Operation, c customer.Customer, units func(customer.Customer) customer.Units) int

// extraFlag is for a change of the root and its entry.
func extraFlag(op bulk.Operation, c customer.Customer, units func(customer.Customer) customer.Units) int {
	u := larger(units(c), units(changed(op, c)))
	return u.Root - 1 + u.Entry - 1
}

// extraMove is for a change that moves the entry from one list to another, so that it is written twice.
func extraMove(op bulk.Operation, c customer.Customer, units func(customer.Customer) customer.Units) int {
	after := changed(op, c)
	if c.State == customer.Active {
		after = deletedBy(op, c)
	}
	u := larger(units(c), units(after))
	return u.Root - 1 + 2*(u.Entry-1)
}

// extraPurge is for the fence, and for the removal of the root with its entry.
func extraPurge(op bulk.Operation, c customer.Customer, units func(customer.Customer) customer.Units) int {
	return extraMove(op, c, units) + extraFlag(op, c, units)
}

// larger returns what DynamoDB counts for a write: the larger of the states before and after it.
func larger(a, b customer.Units) customer.Units {
	return customer.Units{Root: max(a.Root, b.Root), Entry: max(a.Entry, b.Entry)}
}

// changed returns the customer with the operation as its last change.
func changed(op bulk.Operation, c customer.Customer) customer.Customer {
	c.Last = change(op)
	c.Last.At, c.Last.Action = op.Created, customer.ActionPurgeStarted
	c.Recent = c.Recent.WithMany(op.ID)
	return c
}

// deletedBy returns the customer as a deletion by the operation leaves it.
func deletedBy(op bulk.Operation, c customer.Customer) customer.Customer {
	c = changed(op, c)
	c.State, c.Last.Action = customer.Deleted, customer.ActionDeleted
	c.Deletion = &customer.Deletion{
		ID: op.ID, Time: op.Created, By: op.By, Reason: c.Last.Reason, ReasonCode: c.Last.ReasonCode, PurgeTime: op.Created,
	}
	return c
}
