package web

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"time"

	"lethe/internal/customer"
)

// Profile is the personal data of a customer.
type Profile struct {
	Organisation string          `json:"organisation" required:"false" maxLength:"120" doc:"Required if there is no name, e-mail address and phone number." example:"Alfreds Futterkiste"`
	FirstName    string          `json:"firstName" required:"false" maxLength:"120" example:"Maria"`
	LastName     string          `json:"lastName" required:"false" maxLength:"120" example:"Anders"`
	Email        string          `json:"email" required:"false" maxLength:"254" doc:"Unique among active and deleted customers. Stored in lower case, with the domain in Unicode." example:"maria@example.com"`
	Phone        string          `json:"phone" required:"false" maxLength:"40" example:"030-0074321"`
	Push         bool            `json:"push" required:"false" doc:"Whether the customer can receive push notifications."`
	Consents     map[string]bool `json:"consents" required:"false" maxProperties:"20" doc:"Whether the customer consents, by the name of the consent. A name has letters, digits, dots, hyphens and underscores."`
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
	Version int64  `json:"version" doc:"Increases with every change of the customer; changes of its records do not count."`
	State   string `json:"state" enum:"active,deleted,purging" doc:"deleted: in the trash. purging: a purge is running."`
	Blocked bool   `json:"blocked" doc:"Whether the customer is blocked. A delete or restore does not change it."`
	Held    bool   `json:"held" doc:"Whether the customer is under legal hold. While it is, it can be neither deleted nor purged."`
	Profile
	Created  *time.Time `json:"created,omitempty" doc:"Absent in the list of deleted customers. A search shows it, and so does the customer itself."`
	Deletion *Deletion  `json:"deletion,omitempty" doc:"Only while the customer is in the trash."`
	Links    Links      `json:"links"`
}

// Customer is a customer with its holds and the number of its records.
type Customer struct {
	ListedCustomer
	Records map[string]int64 `json:"records" doc:"The number of records, by kind."`
	Holds   []Hold           `json:"holds"`
	// Unsearchable is in the answer to a change of the profile, and to a read of one customer.
	Unsearchable []string `json:"unsearchable,omitempty" doc:"The fields with words that a search does not find, because the profile has too many. A search finds the first 40 words of lastName, firstName, email, phone and organisation, in this order." example:"[\"organisation\"]"`
}

// Deletion is a stay in the trash.
type Deletion struct {
	ID         string     `json:"id,omitempty" doc:"The id of this deletion. Send it as deletionId with a restore or a purge that must not apply to another deletion."`
	Time       time.Time  `json:"time" doc:"The time of the deletion."`
	By         string     `json:"by" doc:"The subject that deleted the customer."`
	ApprovedBy string     `json:"approvedBy,omitempty" doc:"The subject of the second administrator, who approved the deletion. Absent if none was needed, and in the list of deleted customers."`
	Reason     string     `json:"reason,omitempty" doc:"Absent in the list of deleted customers, which shows reasonCode. A search shows it, and so does the customer itself."`
	ReasonCode string     `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	PurgeTime  *time.Time `json:"purgeTime,omitempty" doc:"The customer can be restored until then. If absent, it can always be restored."`
	DaysLeft   *int       `json:"daysLeft,omitempty" doc:"Days until purgeTime, rounded up."`
}

// Hold is a legal hold.
type Hold struct {
	ID         string    `json:"id" example:"case-2026-17"`
	By         string    `json:"by" doc:"The subject that placed the hold."`
	Reason     string    `json:"reason,omitempty"`
	ReasonCode string    `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	Time       time.Time `json:"time" doc:"The time when the hold was placed."`
}

// Links are the paths of what can be done with a customer in its state.
type Links struct {
	Self        string `json:"self,omitempty" format:"uri-reference"`
	Records     string `json:"records,omitempty" format:"uri-reference"`
	Audit       string `json:"audit,omitempty" format:"uri-reference"`
	Restore     string `json:"restore,omitempty" format:"uri-reference" doc:"POST here to restore the customer."`
	Purge       string `json:"purge,omitempty" format:"uri-reference" doc:"POST here to purge the customer for good."`
	Certificate string `json:"certificate,omitempty" format:"uri-reference" doc:"The path of the certificate, which exists when the purge has ended."`
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

// timeOf returns a time as the API writes it: in UTC and milliseconds, the precision of the store.
func timeOf(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func customerPath(id string) string    { return "/v1/customers/" + url.PathEscape(id) }
func certificatePath(id string) string { return "/v1/certificates/" + url.PathEscape(id) }

func (a *api) listed(c customer.Customer) ListedCustomer { return listedAt(c, a.svc.Now()) }

// listedAt returns the document of a customer at a time, which decides its state and daysLeft.
func listedAt(c customer.Customer, now time.Time) ListedCustomer {
	state := c.StateAt(now)
	doc := ListedCustomer{
		ID: c.ID, Version: c.Version, State: string(state), Blocked: c.Blocked, Held: c.Held(),
		Deletion: deletionOf(c.Deletion, now), Links: linksOf(c.ID, state), Profile: profileOf(c.Profile),
	}
	if !c.Created.IsZero() {
		doc.Created = new(timeOf(c.Created))
	}
	return doc
}

// customerAt is like listedAt, with the holds and the number of records.
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
	doc := &Deletion{ID: d.ID, Time: timeOf(d.Time), By: d.By, ApprovedBy: d.ApprovedBy, Reason: d.Reason, ReasonCode: string(d.ReasonCode)}
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
