package demo

import (
	"fmt"
	"strings"
)

// Fate is the state of a customer when the demo begins.
type Fate struct {
	Customer  string
	Event     Event
	Reason    string
	Retention string // in force when the customer is deleted
}

// Event is something that can happen to a customer.
type Event string

// The events. Held customers stay active; the last two follow a deletion.
const (
	Blocked   Event = "blocked"
	Held      Event = "held"
	Deleted   Event = "deleted"
	Purged    Event = "purged"     // for good, from the trash
	TrashHeld Event = "trash-held" // on hold while in the trash
)

func (f Fate) trashed() bool { return f.Event != Blocked && f.Event != Held }

// fates returns the fates: every 40th customer has one, each event in turn.
func fates() []Fate {
	var list []Fate
	next := 7
	add := func(n int, event Event, retention string, reasons ...string) {
		for i := range n {
			list = append(list, Fate{Customer: id(next), Event: event, Retention: retention, Reason: reasons[i%len(reasons)]})
			next += 40
		}
	}
	add(3, Purged, "P1D", "erasure request 2026-031", "erasure request 2026-044", "test account")
	add(6, Deleted, "P1D", "duplicate of another customer", "spam registration")
	add(9, Deleted, "P7D", "asked by phone", "test account", "account never used")
	add(4, Deleted, "P90D", "contract ended, may come back", "moved abroad")
	add(3, Deleted, "never", "kept for the audit of 2027")
	add(18, Deleted, retention, "closed the business", "asked by e-mail", "inactive for three years", "erasure request, form 17")
	add(2, TrashHeld, retention, "closed the business")
	add(9, Blocked, "", "chargeback", "abusive messages", "unpaid invoices")
	add(5, Held, "", "lawsuit pending", "tax audit")
	return list
}

// code returns the reason code, which the list of deleted customers shows.
func (f Fate) code() string {
	for _, known := range []struct{ words, code string }{
		{"asked", "erasure_request"},
		{"erasure", "erasure_request"},
		{"inactive", "inactive"},
		{"never used", "inactive"},
		{"duplicate", "duplicate"},
		{"test account", "test"},
	} {
		if strings.Contains(f.Reason, known.words) {
			return known.code
		}
	}
	return "other"
}

// hold returns the name of the customer's legal hold.
func (f Fate) hold() string { return fmt.Sprintf("case-2026-%s", f.Customer[1:]) }
