package web

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"time"

	"lethe/internal/customer"
)

// Profile is what a customer tells of itself.
type Profile struct {
	Organisation string          `json:"organisation" required:"false" maxLength:"120" doc:"Needed unless there is a name, an e-mail address or a phone number." example:"Alfreds Futterkiste"`
	FirstName    string          `json:"firstName" required:"false" maxLength:"120" example:"Maria"`
	LastName     string          `json:"lastName" required:"false" maxLength:"120" example:"Anders"`
	Email        string          `json:"email" required:"false" maxLength:"254" doc:"Unique; stays taken while its customer is in the trash. Kept in lower case, its domain in its own script." example:"maria@example.com"`
	Phone        string          `json:"phone" required:"false" maxLength:"40" example:"030-0074321"`
	Push         bool            `json:"push" required:"false" doc:"Push notifications can be received."`
	Consents     map[string]bool `json:"consents" required:"false" maxProperties:"20" doc:"By name: letters, digits, dots, hyphens and underscores."`
}

func profileOf(p customer.Profile) Profile {
	consents := p.Consents
	if consents == nil {
		consents = map[string]bool{}
	}
	return Profile{p.Organisation, p.FirstName, p.LastName, p.Email, p.Phone, p.Push, consents}
}

func (p Profile) profile() customer.Profile {
	return customer.Profile{
		Organisation: p.Organisation, FirstName: p.FirstName, LastName: p.LastName,
		Email: p.Email, Phone: p.Phone, Push: p.Push, Consents: p.Consents,
	}
}

// ListedCustomer is a customer as lists show it.
type ListedCustomer struct {
	ID      string `json:"id" example:"ALFKI"`
	Version int64  `json:"version" doc:"Counts changes of the customer, not of its records."`
	State   string `json:"state" enum:"active,deleted,purging"`
	Blocked bool   `json:"blocked" doc:"Stays through delete and restore."`
	Held    bool   `json:"held" doc:"Under legal hold: neither deleted nor purged until it is lifted."`
	Profile
	Created  time.Time `json:"created"`
	Deletion *Deletion `json:"deletion,omitempty" doc:"While in the trash."`
	Links    Links     `json:"links"`
}

// Customer is a customer with all that is known of it but its records.
type Customer struct {
	ListedCustomer
	Records map[string]int64 `json:"records" doc:"How many records it has, by kind."`
	Holds   []Hold           `json:"holds"`
	// Unsearchable is said where a profile is written, and where it is read in full.
	Unsearchable []string `json:"unsearchable,omitempty" doc:"Fields with words that no search finds, as there are too many: a customer is found by the first 40 words of lastName, firstName, email, phone and organisation, in this order." example:"[\"organisation\"]"`
}

// Deletion is a stay in the trash.
type Deletion struct {
	ID         string     `json:"id,omitempty" doc:"Names this deletion; restore and purge can be bound to it."`
	Time       time.Time  `json:"time"`
	By         string     `json:"by" doc:"The subject of who deleted it."`
	Reason     string     `json:"reason,omitempty"`
	ReasonCode string     `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	PurgeTime  *time.Time `json:"purgeTime,omitempty" doc:"It can be restored until then. Absent: for ever."`
	DaysLeft   *int       `json:"daysLeft,omitempty" doc:"Until purgeTime, rounded up."`
}

// Hold is a legal hold.
type Hold struct {
	ID         string    `json:"id" example:"case-2026-17"`
	By         string    `json:"by"`
	Reason     string    `json:"reason,omitempty"`
	ReasonCode string    `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	Time       time.Time `json:"time"`
}

// Links lead on from a customer to what can be done with it.
type Links struct {
	Self        string `json:"self,omitempty" format:"uri-reference"`
	Records     string `json:"records,omitempty" format:"uri-reference"`
	Audit       string `json:"audit,omitempty" format:"uri-reference"`
	Restore     string `json:"restore,omitempty" format:"uri-reference" doc:"POST here to take it out of the trash."`
	Purge       string `json:"purge,omitempty" format:"uri-reference" doc:"POST here to remove it for good."`
	Certificate string `json:"certificate,omitempty" format:"uri-reference" doc:"There when the purge is finished."`
}

func linksOf(id string, state customer.State) Links {
	self := customerPath(id)
	links := Links{Self: self, Audit: self + "/audit"}
	switch state {
	case customer.Active:
		links.Records = self + "/records"
	case customer.Deleted:
		links.Restore, links.Purge = self+"/restore", self+"/purge"
	case customer.Purging:
		links.Certificate = certificatePath(id)
	}
	return links
}

// timeOf is a time as the API writes it: UTC, in milliseconds, which is what is kept.
func timeOf(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func customerPath(id string) string    { return "/v1/customers/" + url.PathEscape(id) }
func certificatePath(id string) string { return "/v1/certificates/" + url.PathEscape(id) }

func (a *api) listed(c customer.Customer) ListedCustomer { return listedAt(c, a.svc.Now()) }

// listedAt is a customer as it was at a time.
func listedAt(c customer.Customer, now time.Time) ListedCustomer {
	state := c.StateAt(now)
	return ListedCustomer{
		ID: c.ID, Version: c.Version, State: string(state), Blocked: c.Blocked, Held: len(c.Holds) > 0,
		Created: timeOf(c.Created), Deletion: deletionOf(c.Deletion, now), Links: linksOf(c.ID, state), Profile: profileOf(c.Profile),
	}
}

// customerAt is a customer as it was at a time, with all that is known of it.
func customerAt(c customer.Customer, now time.Time) Customer {
	doc := Customer{ListedCustomer: listedAt(c, now), Records: map[string]int64{}, Holds: []Hold{}, Unsearchable: customer.Unsearchable(c.Profile)}
	for kind, n := range c.Counts {
		if n > 0 {
			doc.Records[kind] = n
		}
	}
	for _, id := range sortedKeys(c.Holds) {
		h := c.Holds[id]
		doc.Holds = append(doc.Holds, Hold{id, h.By, h.Reason, string(h.ReasonCode), timeOf(h.Time)})
	}
	return doc
}

func deletionOf(d *customer.Deletion, now time.Time) *Deletion {
	if d == nil {
		return nil
	}
	doc := &Deletion{ID: d.ID, Time: timeOf(d.Time), By: d.By, Reason: d.Reason, ReasonCode: string(d.ReasonCode)}
	if !d.PurgeTime.IsZero() {
		doc.PurgeTime = new(timeOf(d.PurgeTime))
		doc.DaysLeft = new(daysUntil(d.PurgeTime, now))
	}
	return doc
}

func daysUntil(t, now time.Time) int {
	return max(0, int(math.Ceil(t.Sub(now).Hours()/24)))
}

func blocking(id string, counts map[string]int64) []Blocking {
	var list []Blocking
	for _, kind := range sortedKeys(counts) {
		list = append(list, Blocking{kind, counts[kind], customerPath(id) + "/records?kind=" + url.QueryEscape(kind)})
	}
	return list
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
