package customer

import (
	"maps"
	"time"
)

// State says where a customer stands between being used and being gone.
type State string

// The states of a customer. Gone is not a state: it is a [Certificate].
const (
	Active  State = "active"
	Deleted State = "deleted" // in the trash, restorable until its purge time
	Purging State = "purging" // past the fence, no way back
)

// Customer is the root that everything else hangs on: an organisation or a person.
type Customer struct {
	ID       string
	Version  int64 // counts changes of profile, state and flags, not of records
	State    State
	Blocked  bool // stays through delete and restore; only unblocking unblocks
	Profile  Profile
	Created  time.Time
	Counts   map[string]int64 // records by kind, moved in the record's own transaction
	Holds    map[string]Hold  // legal holds by id
	Deletion *Deletion        // nil while active
	Epoch    int64            // access tokens of an earlier epoch are dead
	Terms    []string         // search terms as written, so that a purge finds them whatever the rules are by then
	Former   Former           // words of its profile before it was changed
	Claim    string           // as written, likewise, the e-mail identity claimed for it, if that is not the address; see Claimed
	Frozen   []Kind           // past the fence: the kinds that don't restrict, as they were then; nil: an older version fenced it
	Last     Change           // the change that led here; the audit log is made of these
	Recent   Recent           // the changes that led here last, in short
}

// Deletion is one stay in the trash. Its ID is the generation that restores and
// purges name, so that a late duplicate of an earlier one does nothing.
type Deletion struct {
	ID         string
	Time       time.Time
	By         string
	Reason     string
	ReasonCode ReasonCode
	PurgeTime  time.Time // zero: never
}

// Hold is a legal hold: while there is one, the customer is neither deleted nor purged.
type Hold struct {
	By         string
	Reason     string
	ReasonCode ReasonCode
	Time       time.Time
}

// Change is one change of a customer: who did what, when and why. It is written
// with the change itself, so that no path can skip the audit log.
type Change struct {
	ID         string // unique; one that comes again is recognised by it, see Recent
	At         time.Time
	By         string
	Action     Action
	Reason     string
	ReasonCode ReasonCode
	Subject    string // what of the customer, say a record's key; never a personal value

	IfVersion int64 // refuse with ErrVersion unless the customer has it; 0: any
	Once      *Once // refuse with a *ReplayError what was done under this key before
}

// Hold is the legal hold that the change places.
func (ch Change) Hold() Hold {
	return Hold{By: ch.By, Reason: ch.Reason, ReasonCode: ch.ReasonCode, Time: ch.At}
}

// Once makes a change happen at most once for the key a client sent along. Both
// are hashes: what the client sent is not kept.
type Once struct {
	Key         string // of actor, route and Idempotency-Key
	Fingerprint string // of the request
}

// Action names a kind of change in the audit log. The constants begin with Action, so that none is taken
// for the state that it leads to.
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
	ActionRedated        Action = "customer.redated" // its purge time was moved
	ActionExpired        Action = "customer.expired" // removed by TTL; its purge follows
	ActionRecordsAdded   Action = "records.added"
	ActionRecordsRemoved Action = "records.removed"
	ActionRepaired       Action = "customer.repaired" // by fsck
)

// Due says whether the customer's time in the trash is over at the given time.
func (c Customer) Due(now time.Time) bool {
	return c.Deletion != nil && c.Deletion.Due(now)
}

// Due says whether the purge time has come.
func (d Deletion) Due(now time.Time) bool {
	return !d.PurgeTime.IsZero() && !now.Before(d.PurgeTime)
}

// StateAt is the state as a reader must judge it: a deleted customer whose purge
// time has passed counts as purging, whether or not anything has come to fetch it.
func (c Customer) StateAt(now time.Time) State {
	if c.State == Deleted && c.Due(now) && len(c.Holds) == 0 {
		return Purging
	}
	return c.State
}

// Policies are what the purge of a customer past the fence goes by: the kinds frozen there.
func (c Customer) Policies() Settings { return Settings{Kinds: c.Frozen} }

// Retains says whether the customer's purge retains any of its records.
func (c Customer) Retains() bool {
	for kind, n := range c.Counts {
		if n > 0 && c.Policies().Policy(kind) == Retain {
			return true
		}
	}
	return false
}

// Records counts the customer's records of all kinds.
func (c Customer) Records() int64 {
	var n int64
	for v := range maps.Values(c.Counts) {
		n += v
	}
	return n
}
