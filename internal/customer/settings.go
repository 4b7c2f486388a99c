package customer

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Policy says what happens to records of a kind when their customer is deleted, like ON DELETE in SQL.
type Policy string

// The on-delete policies.
const (
	Restrict Policy = "restrict" // the customer can't be deleted while it has such records
	Cascade  Policy = "cascade"  // a purge removes them
	Retain   Policy = "retain"   // a purge keeps them as the law requires: only some fields, and apart from the customer
)

// Limits of the settings.
const (
	MaxKinds      = 40 // the condition of a deletion names each kind, and DynamoDB allows 4 KB for it
	MaxKeptFields = 30
	MaxKeptNames  = 32 << 10 // bytes of the names of all kept fields; the root of a fenced customer has a copy
)

// ShortNotice is the retention below which there is too little time to undo a mistake.
const ShortNotice = 24 * time.Hour

// ShortNotice reports whether the period, as a retention, is below the constant ShortNotice.
func (p Period) ShortNotice() bool { return p.Shorter(PeriodOf(ShortNotice)) }

// Settings are the decisions of the platform's operator. They are data, and can change at run time.
type Settings struct {
	Version   int64  // counts changes; 0 before the first change
	Retention Period // time in the trash; PT0S means purge at once
	Kinds     []Kind // sorted by name
	Changed   Changed
}

// Changed says who changed the settings last, and when. Before the first change it is zero.
type Changed struct {
	At time.Time
	By string
}

// Kind is a type of record.
type Kind struct {
	Name   string
	Policy Policy
	Keep   []string // with Retain: the fields of a record's data that are kept
	For    Period   // with Retain: how long they are kept after the purge
}

// kindName says whether s can name a kind: up to 32 lower-case letters, digits, hyphens and underscores, a letter first.
func kindName(s string) bool {
	return named(s, 32, "", "_-") && s == strings.ToLower(s) && s[0] > '9' // no digit
}

// Kind returns the kind with the given name; ok is false if it is not declared.
func (s Settings) Kind(name string) (kind Kind, ok bool) {
	i := slices.IndexFunc(s.Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return s.Kinds[i], true
}

// Policy returns the kind's on-delete policy. It is Restrict for a kind that is not declared: unknown
// records must not be deleted by accident.
func (s Settings) Policy(kind string) Policy {
	if k, ok := s.Kind(kind); ok {
		return k.Policy
	}
	return Restrict
}

// Restricting returns the names of the declared kinds with the policy Restrict.
func (s Settings) Restricting() []string {
	var names []string
	for _, k := range s.Kinds {
		if k.Policy == Restrict {
			names = append(names, k.Name)
		}
	}
	return names
}

// Freeze returns the kinds that don't restrict, never nil. A purge uses this copy from the fence to its
// end, even if the settings change. Kinds that are left out restrict, as those that are not declared.
func (s Settings) Freeze() []Kind {
	return slices.DeleteFunc(append([]Kind{}, s.Kinds...), func(k Kind) bool { return k.Policy == Restrict })
}

// Validate checks new settings against those in force, and returns nil or *InvalidError. A kind may
// change but not disappear, since records of it may exist.
func (s Settings) Validate(current Settings) error {
	var v validation
	v.check(len(s.Kinds) <= MaxKinds, "kinds", fmt.Sprintf("has %d kinds; at most %d are allowed", len(s.Kinds), MaxKinds))
	seen := map[string]bool{}
	for _, k := range s.Kinds {
		v.check(!seen[k.Name], "kinds", "declares kind "+k.Name+" twice")
		seen[k.Name] = true
		v.kind(k)
	}
	v.check(s.keptNames() <= MaxKeptNames, "kinds.keep", fmt.Sprintf("has field names of %d bytes altogether; at most %d are allowed", s.keptNames(), MaxKeptNames))
	for _, k := range current.Kinds {
		v.check(seen[k.Name], "kinds", "leaves out "+k.Name+"; kinds can be changed but not removed, since records of them may exist")
	}
	return v.err()
}

// Differs returns the names of what the other settings have differently, each kind by its own.
func (s Settings) Differs(other Settings) (names []string) {
	if s.Retention != other.Retention {
		names = append(names, "retention")
	}
	for _, k := range other.Kinds {
		if mine, known := s.Kind(k.Name); !known || !mine.equal(k) {
			names = append(names, "kinds."+k.Name)
		}
	}
	return names
}

func (k Kind) equal(other Kind) bool {
	return k.Policy == other.Policy && slices.Equal(k.Keep, other.Keep) && k.For == other.For
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
	v.check(kindName(k.Name), "kinds.name", "must be up to 32 lower-case letters, digits, hyphens and underscores, a letter first")
	v.check(slices.Contains([]Policy{Restrict, Cascade, Retain}, k.Policy), "kinds.policy", "must be restrict, cascade or retain")
	v.check(len(k.Keep) <= MaxKeptFields, "kinds.keep", fmt.Sprintf("has %d fields; at most %d are allowed", len(k.Keep), MaxKeptFields))
	v.check(k.Policy == Retain || len(k.Keep) == 0, "kinds.keep", "is only allowed with the policy retain")
	for _, field := range k.Keep {
		v.text("kinds.keep", field, MaxName)
	}
}
