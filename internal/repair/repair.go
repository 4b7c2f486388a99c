// Package repair names what can be repaired in the tables. The checker (internal/fsck) decides which repair is needed, from
// raw items; the storage (internal/dynamo) makes it, with its own code. They share these names and nothing else.
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

// ErrChanged says that a repair was not made, because what it is bound to is not as it was seen, or can't be read by the storage.
// Nothing was written.
var ErrChanged = errors.New("not repaired: the items are not as the check saw them")

// Seen is the root of a customer, or the item of an operation, as the check read it. A repair is bound to it.
type Seen struct {
	ID   string
	Root Item // nil: it wasn't there
}

// OfCustomer is a repair of what belongs to one customer: a [Root], or one of the types that are named after what they do.
type OfCustomer interface{ ofCustomer() }

// Root is a repair of a customer's root that follows from the root alone, and from the settings.
type Root int

// The repairs of a root.
const (
	SetVersion   Root = iota + 1
	SetCreated        // from its last change or its place in the list, or now
	SetDeletion       // lost: it begins now, with the retention of the settings
	DropDeletion      // an active customer has none
	DropPolicies      // the purge goes by the settings then
	GiveNotice        // after the lift of its last hold: it is due when the notice ends, counted from now
	Relist            // put it where its state says
	StartPurge        // as the sweep does with one that is due
	ReleasePurge      // for the next sweep to find
)

// The other repairs of what belongs to a customer.
type (
	// Recount sets the root's counts of records by kind.
	Recount struct{ Counts map[string]int64 }
	// SetFormer sets the fingerprints of the former words.
	SetFormer struct{ Former []byte }
	// DropMarks removes the root's marks of recent changes.
	DropMarks struct{ Attributes []string }
	// PutBack adds the root of a customer that is gone, though some of its items are left: in the state of a purge, which
	// then erases and certifies what is left.
	PutBack struct {
		Counts map[string]int64
		Terms  []string
		Email  string
	}

	// PutTerm adds the item of a search term that the root lists.
	PutTerm struct{ Term string }
	// PutClaim adds the claim of the root's e-mail address.
	PutClaim struct{ Identity string }
	// TakeClaim gives the customer a claim of its own e-mail address that is another customer's, who doesn't have the address.
	TakeClaim struct {
		Identity string
		From     Seen
	}
	// RemoveTerm removes a search term that the root doesn't list.
	RemoveTerm struct{ Key Key }
	// RemoveClaim removes a claim of an e-mail address that the root doesn't have.
	RemoveClaim struct{ Key Key }

	// Straighten gives a record the kind of its key, and takes its TTL away.
	Straighten struct{ Record Item }
	// CountChildren sets a record's count of children.
	CountChildren struct {
		Record   Item
		Children int64
	}
	// RemoveRecord removes a record whose parent is not there, and counts it off.
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
	// RelistOperation puts an operation where its state says.
	RelistOperation struct{}
	// RemoveOperation removes all parts of an operation that has no item of its own.
	RemoveOperation struct{}
	// RemoveSelection removes the selection of an operation that is planned.
	RemoveSelection struct{}
	// RemoveChunk removes a chunk that the operation doesn't have.
	RemoveChunk struct{ Seq int }
	// RemovePending removes from what is to be done a chunk that has ended.
	RemovePending struct{ Seq int }
	// ReopenChunk makes a chunk one to be done whose outcomes are lost: actions can be repeated, and a subject that is done
	// stays done.
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
	// DropMaker takes out of a retained record who made it.
	DropMaker struct{ Item Item }
)

func (SetTTL) ofItem()    {}
func (DropMaker) ofItem() {}
