package customer

import (
	"regexp"
	"slices"
	"time"
)

// Policy says what becomes of a kind's records when their customer is deleted, as
// SQL's ON DELETE does for rows.
type Policy string

// The on-delete policies.
const (
	Restrict Policy = "restrict" // the customer can't be deleted while it has such records
	Cascade  Policy = "cascade"  // they go with it
	Retain   Policy = "retain"   // the law keeps them: at purge they are stripped and cut loose
)

// Limits of the settings.
const (
	MaxKinds      = 40 // the guard of a deletion names each; DynamoDB takes 4 KB of condition
	MaxKeptFields = 30
	MaxKeptNames  = 32 << 10 // bytes of the names of all kept fields: from its fence on a customer's root has them
)

// ShortNotice is the retention below which a change of it must be acknowledged:
// it leaves less than a day to undo a mistake.
const ShortNotice = 24 * time.Hour

// Settings are what an operator of the platform decides: they are data, not code.
type Settings struct {
	Version   int64  // counts changes; 0 before the first
	Retention Period // time in the trash; at once is PT0S
	Kinds     []Kind // sorted by name
	Changed   Changed
}

// Changed says who made the settings what they are, and when. Before the first change it is zero.
type Changed struct {
	At time.Time
	By string
}

// Kind is a type of record.
type Kind struct {
	Name   string
	Policy Policy
	Keep   []string // with Retain: the fields of a record's data that stay, all others go
	For    Period   // with Retain: how long they stay after the purge
}

var kindName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// Kind finds a kind by its name.
func (s Settings) Kind(name string) (Kind, bool) {
	i := slices.IndexFunc(s.Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return s.Kinds[i], true
}

// Policy is the kind's on-delete policy. A kind nobody has declared restricts: what
// is not known is not deleted on the way.
func (s Settings) Policy(kind string) Policy {
	if k, ok := s.Kind(kind); ok {
		return k.Policy
	}
	return Restrict
}

// Restricting lists the kinds whose records block a deletion.
func (s Settings) Restricting() []string {
	var names []string
	for _, k := range s.Kinds {
		if k.Policy == Restrict {
			names = append(names, k.Name)
		}
	}
	return names
}

// Freeze lists the kinds that don't restrict, for a purge to go by to its end, whatever becomes
// of the settings. All that it leaves out restrict, as kinds do that nobody has declared. It is
// never nil.
func (s Settings) Freeze() []Kind {
	return slices.DeleteFunc(append([]Kind{}, s.Kinds...), func(k Kind) bool { return k.Policy == Restrict })
}

// Validate checks new settings against those in force. A kind may change but not
// disappear, since records of it may exist.
func (s Settings) Validate(current Settings) error {
	var v validation
	v.check(len(s.Kinds) <= MaxKinds, "kinds", "has more than 40 kinds")
	seen := map[string]bool{}
	for _, k := range s.Kinds {
		v.check(!seen[k.Name], "kinds", "names a kind twice")
		seen[k.Name] = true
		v.kind(k)
	}
	v.check(s.keptNames() <= MaxKeptNames, "kinds.keep", "names fields of more than 32 KB together")
	for _, k := range current.Kinds {
		v.check(seen[k.Name], "kinds", "leaves out "+k.Name+", of which records may exist; kinds can be changed, not removed")
	}
	return v.err()
}

func (s Settings) keptNames() (bytes int) {
	for _, k := range s.Kinds {
		for _, field := range k.Keep {
			bytes += len(field)
		}
	}
	return bytes
}

func (v *validation) kind(k Kind) {
	v.check(kindName.MatchString(k.Name), "kinds.name", "must be up to 32 lower-case letters, digits, hyphens and underscores, a letter first")
	v.check(slices.Contains([]Policy{Restrict, Cascade, Retain}, k.Policy), "kinds.policy", "must be restrict, cascade or retain")
	v.check(len(k.Keep) <= MaxKeptFields, "kinds.keep", "has more than 30 fields")
	v.check(k.Policy == Retain || len(k.Keep) == 0, "kinds.keep", "belongs to the policy retain only")
	for _, field := range k.Keep {
		v.text("kinds.keep", field, MaxName)
	}
}
