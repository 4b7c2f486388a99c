// Package repair names the possible repairs of the tables. The checker (internal/fsck) reads raw items and decides which repair
// is needed; the storage (internal/dynamo) makes it, with its own code. They share these names and nothing else.
package repair

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Item is an item as DynamoDB returns it.
type Item = map[string]types.AttributeValue

// Key is the key of an item.
type Key struct{ PK, SK string }

// ErrChanged means that nothing was written: the items have changed since the check read them, or the storage can't decode
// them. A new check finds what is still wrong.
var ErrChanged = errors.New("not repaired: the items have changed since the check read them, or cannot be decoded; check again")

// Seen is the root of a customer, or the item of an operation, as the check read it. A repair is made only if it has not changed.
type Seen struct {
	ID   string
	Root Item // nil if it was missing
}

// OfCustomer is a repair of the items of one customer: a [Root], or one of the types below it.
type OfCustomer interface{ ofCustomer() }

// Root is a repair of a customer's root that needs the root and the settings only.
type Root int

// The repairs of a root.
const (
	SetVersion   Root = iota + 1
	SetCreated        // from its place in the list, else from its last change, else now
	SetDeletion       // a lost one begins now, with the retention of the settings
	DropDeletion      // an active customer has none
	CountHolds        // the number that lists show
	DropPolicies      // the purge then applies the settings
	GiveNotice        // after the last hold was lifted: due when the notice ends, counted from now
	Relist            // move it to the list of its state
	StartPurge        // as the sweep does with a customer that is due
	ReleasePurge      // end its lease, so that the next sweep continues it
)

// The other repairs of a customer's items.
type (
	// Recount sets the root's counts of records by kind.
	Recount struct{ Counts map[string]int64 }
	// SetFormer sets the fingerprints of words that the profile had before.
	SetFormer struct{ Former []byte }
	// DropMarks removes the root's marks of recent changes.
	DropMarks struct{ Attributes []string }
	// PutBack adds the missing root of a customer with items left, in the state purging: the purge then erases the items
	// and certifies that.
	PutBack struct {
		Counts map[string]int64
		Terms  []string
		Email  string
	}

	// PutTerm adds the item of a search term that the root lists.
	PutTerm struct{ Term string }
	// PutClaim adds the claim of the root's e-mail address.
	PutClaim struct{ Identity string }
	// TakeClaim gives the customer the claim of its e-mail address, which another customer has that doesn't have the address.
	TakeClaim struct {
		Identity string
		From     Seen
	}
	// RemoveTerm removes a search term that the root doesn't list.
	RemoveTerm struct{ Key Key }
	// RemoveClaim removes a claim of an e-mail address that the root doesn't have.
	RemoveClaim struct{ Key Key }

	// Straighten sets a record's kind to the one in its key, and removes its TTL.
	Straighten struct{ Record Item }
	// CountChildren sets a record's count of children.
	CountChildren struct {
		Record   Item
		Children int64
	}
	// RemoveRecord removes a record without a parent, and subtracts it from the root's counts.
	RemoveRecord struct{ Key Key }
)

func (Root) ofCustomer()          {}
func (Recount) ofCustomer()       {}
func (SetFormer) ofCustomer()     {}
func (DropMarks) ofCustomer()     {}
func (PutBack) ofCustomer()       {}
func (PutTerm) ofCustomer()       {}
func (PutClaim) ofCustomer()      {}
func (TakeClaim) ofCustomer()     {}
func (RemoveTerm) ofCustomer()    {}
func (RemoveClaim) ofCustomer()   {}
func (Straighten) ofCustomer()    {}
func (CountChildren) ofCustomer() {}
func (RemoveRecord) ofCustomer()  {}

// OfOperation is a repair of one operation.
type OfOperation interface{ ofOperation() }

// The repairs of operations.
type (
	// RelistOperation moves an operation to the list of its state.
	RelistOperation struct{}
	// RemoveOperation removes all items of an operation without a root.
	RemoveOperation struct{}
	// RemoveSelection removes the selection of a planned operation, which no longer needs it.
	RemoveSelection struct{}
	// RemoveChunk removes a chunk with a number that the operation doesn't have.
	RemoveChunk struct{ Seq int }
	// RemovePending removes the pending item of a chunk that has ended.
	RemovePending struct{ Seq int }
	// ReopenChunk makes a chunk without outcomes pending again. Actions can be repeated: a subject that is done stays
	// done.
	ReopenChunk struct{ Seq int }
)

func (RelistOperation) ofOperation() {}
func (RemoveOperation) ofOperation() {}
func (RemoveSelection) ofOperation() {}
func (RemoveChunk) ofOperation()     {}
func (RemovePending) ofOperation()   {}
func (ReopenChunk) ofOperation()     {}

// OfItem is a repair of an item that no other item depends on.
type OfItem interface{ ofItem() }

// The repairs of single items, each as the check read it.
type (
	// SetTTL lets an item expire.
	SetTTL struct {
		Item Item
		At   time.Time
	}
	// DropMaker removes from a retained record who made it.
	DropMaker struct{ Item Item }
)

func (SetTTL) ofItem()    {}
func (DropMaker) ofItem() {}
