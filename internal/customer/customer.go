package customer

import (
	"maps"
	"time"
)

// State is the stage of a customer's life.
type State string

// The states of a customer. A purged customer has no state, only a [Certificate].
const (
	Active  State = "active"
	Deleted State = "deleted" // in the trash, restorable until its purge time
	Purging State = "purging" // past the fence; can't be restored
)

// Customer is an organisation or a person. It is the root to which all its other data belongs.
type Customer struct {
	ID       string
	Version  int64 // counts changes of the profile, the state and the flags; changes of records don't count
	State    State
	Blocked  bool // delete and restore keep it; only unblocking clears it
	Profile  Profile
	Created  time.Time
	Counts   map[string]int64 // records by kind; each changes in its record's own transaction
	Holds    map[string]Hold  // legal holds by id
	Deletion *Deletion        // nil while active
	Epoch    int64            // access tokens of an earlier epoch are no longer valid
	Terms    []string         // search terms as they are stored: a purge finds them even if the rules for terms have changed
	Former   Former           // fingerprints of words that its profile had earlier
	Claim    string           // the claimed e-mail identity as it is stored, if it differs from the address; see Claimed
	Frozen   []Kind           // past the fence: what Settings.Freeze returned there; nil if an older version of Lethe fenced it
	Last     Change           // the latest change; the audit log is made from these
	Recent   Recent           // marks of the latest changes

	HoldCount int // of a customer in a list, which has no Holds: their number; see Held
}

// Held says whether the customer is under legal hold.
func (c Customer) Held() bool { return len(c.Holds) > 0 || c.HoldCount > 0 }

// Deletion is one stay in the trash. Restores and purges name it by its ID, the generation: a late
// duplicate that names an earlier deletion does nothing.
type Deletion struct {
	ID         string
	Time       time.Time
	By         string
	ApprovedBy string // second person, who approved it; empty if it needed none. Not in lists
	Reason     string
	ReasonCode ReasonCode
	PurgeTime  time.Time // zero: never
}

// Hold is a legal hold. A customer with a hold can't be deleted or purged.
type Hold struct {
	By         string
	Reason     string
	ReasonCode ReasonCode
	Time       time.Time
}

// Change says who changes a customer, how, when and why. A store writes it together with its
// effect, so no change can bypass the audit log.
type Change struct {
	ID         string // unique; a repeated change is recognised by it, see Recent
	At         time.Time
	By         string
	ApprovedBy string // second person, who approved it; empty if it needed none
	Action     Action
	Reason     string
	ReasonCode ReasonCode
	Subject    string // the part of the customer that changes, such as a record's key; never a personal value

	IfVersion int64 // refuse with ErrVersion unless the customer has this version; 0: any version
	Once      *Once // refuse with a *ReplayError if a change was made under this key before; may be nil
}

// Hold returns the legal hold that the change places.
func (ch Change) Hold() Hold {
	return Hold{By: ch.By, Reason: ch.Reason, ReasonCode: ch.ReasonCode, Time: ch.At}
}

// Once makes a change happen at most once for the idempotency key of a client. Both fields are
// hashes: the key and the request themselves are not stored.
type Once struct {
	Key         string // hash of actor, route and Idempotency-Key
	Fingerprint string // hash of the request
}

// Action is the type of a change, as the audit log names it. The constants have the prefix Action to
// tell them from the states that the actions lead to.
type Action string

// The actions of the audit log.
const (
	ActionCreated        Action = "customer.created"
	ActionUpdated        Action = "customer.updated"
	ActionDeleted        Action = "customer.deleted"
	ActionRestored       Action = "customer.restored"
	ActionBlocked        Action = "customer.blocked"
	ActionUnblocked      Action = "customer.unblocked"
	ActionHoldPlaced     Action = "hold.placed"
	ActionHoldLifted     Action = "hold.lifted"
	ActionPurgeStarted   Action = "purge.started"
	ActionPurged         Action = "customer.purged"
	ActionRedated        Action = "customer.redated" // its purge time changed
	ActionExpired        Action = "customer.expired" // removed by TTL; its purge follows
	ActionRecordsAdded   Action = "records.added"
	ActionRecordsRemoved Action = "records.removed"
	ActionRepaired       Action = "customer.repaired" // by fsck
)

// Due says whether the customer is in the trash and its purge time is at or before now.
func (c Customer) Due(now time.Time) bool {
	return c.Deletion != nil && c.Deletion.Due(now)
}

// Due says whether the purge time is at or before now.
func (d Deletion) Due(now time.Time) bool {
	return !d.PurgeTime.IsZero() && !now.Before(d.PurgeTime)
}

// StateAt returns the state that readers must see: a deleted customer without holds counts as
// purging from its purge time on, even if its purge has not begun yet.
func (c Customer) StateAt(now time.Time) State {
	if c.State == Deleted && c.Due(now) && !c.Held() {
		return Purging
	}
	return c.State
}

// Policies returns the policies that the purge of a fenced customer uses: those frozen at the fence.
func (c Customer) Policies() Settings { return Settings{Kinds: c.Frozen} }

// Retains says whether the purge of a fenced customer retains any of its records.
func (c Customer) Retains() bool {
	for kind, n := range c.Counts {
		if n > 0 && c.Policies().Policy(kind) == Retain {
			return true
		}
	}
	return false
}

// Records returns the number of the customer's records of all kinds.
func (c Customer) Records() int64 {
	var n int64
	for v := range maps.Values(c.Counts) {
		n += v
	}
	return n
}
