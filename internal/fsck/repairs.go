package fsck

import (
	"context"
	"fmt"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// Repairer makes the repairs that a check chooses. Each is atomic, and is made only if the items that it
// depends on are as the check read them: [repair.ErrChanged]. The methods return the write units
// consumed. A repair may be repeated.
type Repairer interface {
	RepairCustomer(ctx context.Context, seen repair.Seen, r repair.OfCustomer, ch customer.Change) (units float64, err error)
	RepairOperation(ctx context.Context, seen repair.Seen, r repair.OfOperation) (units float64, err error)
	RepairItem(ctx context.Context, r repair.OfItem) (units float64, err error)
}

// fix repairs a problem: [repair.ErrChanged] if an item has changed since it was read.
type fix func(context.Context) error

// together returns a fix for several problems, which runs until it has succeeded once.
func together(f fix) fix {
	done := false
	return func(ctx context.Context) error {
		if done {
			return nil
		}
		err := f(ctx)
		done = err == nil
		return err
	}
}

// fix returns a fix of an item that depends on the root.
func (e *examination) fix(r repair.OfCustomer) fix {
	return func(ctx context.Context) error { return e.repair(ctx, r, e.change()) }
}

// fixRoot returns a fix of the root.
func (e *examination) fixRoot(r repair.OfCustomer) fix {
	return func(ctx context.Context) error { return e.repairRoot(ctx, r) }
}

// repair makes a repair of the customer, if its root is as it was read.
func (e *examination) repair(ctx context.Context, r repair.OfCustomer, ch customer.Change) error {
	seen := repair.Seen{ID: e.customer}
	if e.root != nil {
		seen.Root = e.root.raw
	}
	units, err := e.check.repairer.RepairCustomer(ctx, seen, r, ch)
	return e.check.written(units, err)
}

func (e *examination) change() customer.Change {
	return customer.Change{ID: customer.NewID(), At: e.now(), By: e.check.by, Reason: "found by fsck"}
}

// repairRoot makes a repair of the root and reads the root again, for the next repair. If another
// writer changed the root in between, it keeps the old root, so that the next repair is refused.
func (e *examination) repairRoot(ctx context.Context, r repair.OfCustomer) error {
	ch := e.change()
	if err := e.repair(ctx, r, ch); err != nil {
		return err
	}
	it, err := e.check.client.get(ctx, e.check.Table, rootKey(e.customer))
	if err != nil || it == nil {
		return err
	}
	changed, err := decode(it)
	if err == nil && (changed.Last.ID == ch.ID || changed.Last.ID == e.root.Last.ID) {
		e.root = &changed
	}
	return err
}

// fixOperation returns a fix of an operation, made only if the operation is as it was read.
func (c *check) fixOperation(p *parts, r repair.OfOperation) fix {
	return func(ctx context.Context) error {
		seen := repair.Seen{ID: p.id}
		if p.root != nil {
			seen.Root = p.root.raw
		}
		return c.written(c.repairer.RepairOperation(ctx, seen, r))
	}
}

// fixItem returns a fix of an item that no other item depends on.
func (c *check) fixItem(r repair.OfItem) fix {
	return func(ctx context.Context) error { return c.repairItem(ctx, r) }
}

func (c *check) repairItem(ctx context.Context, r repair.OfItem) error {
	return c.written(c.repairer.RepairItem(ctx, r))
}

// written adds the cost of a repair.
func (c *check) written(units float64, err error) error {
	if err != nil {
		return fmt.Errorf("fsck: %w", err)
	}
	c.client.wrote(units)
	return nil
}
