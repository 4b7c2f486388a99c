package demo

import (
	"fmt"
	"time"

	"github.com/brianvoe/gofakeit/v7"
)

// writer makes up records of customers.
type writer struct {
	faker   *gofakeit.Faker
	records []Record
	numbers map[string]int // the last number given, by kind
}

// The period in which the demo's records are created.
var (
	firstDay = time.Date(2024, 1, 2, 8, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
)

// add adds a record, below the record with the key parent or at the top if that is empty, and returns its key.
func (w *writer) add(c Customer, kind, parent string, data map[string]any) string {
	w.numbers[kind]++
	r := Record{Customer: c.ID, Kind: kind, ID: fmt.Sprint(10000 + w.numbers[kind]), Parent: parent, Data: data}
	w.records = append(w.records, r)
	return r.key()
}

// write makes up all records of a customer; unless billed, none that blocks its deletion.
func (w *writer) write(c Customer, billed bool) {
	if c.ID == large {
		w.writeLarge(c)
		return
	}
	w.times(2, func() { w.inquiry(c) })
	w.times(1, func() { w.quote(c) })
	w.times(2, func() { w.booking(c) })
	if billed {
		w.times(2, func() { w.invoice(c) })
	}
	w.times(1, func() { w.ticket(c, 4) })
	w.times(1, func() { w.chat(c) })
	w.times(1, func() { w.website(c) })
	w.consentLog(c)
}

// writeLarge makes up the records of the customer with thousands.
func (w *writer) writeLarge(c Customer) {
	for range largeTickets {
		w.ticket(c, 5)
	}
	w.consentLog(c)
}

func (w *writer) times(most int, write func()) {
	for range w.faker.Number(0, most) {
		write()
	}
}

func (w *writer) moment() time.Time {
	return w.faker.DateRange(firstDay, lastDay).UTC().Truncate(time.Minute)
}

func (w *writer) amount(low, high int) float64 {
	return float64(w.faker.Number(low*100, high*100)) / 100
}

const day = "2006-01-02"

func (w *writer) inquiry(c Customer) {
	w.add(c, "inquiry", "", map[string]any{
		"subject":  choose(w.faker, subjects),
		"message":  fmt.Sprintf("%s %s", choose(w.faker, openings), choose(w.faker, questions)),
		"channel":  choose(w.faker, []string{"form", "e-mail", "phone", "fair"}),
		"received": w.moment(),
	})
}

func (w *writer) quote(c Customer) {
	made := w.moment()
	w.add(c, "quote", "", map[string]any{
		"title":      choose(w.faker, services),
		"total":      w.amount(300, 12000),
		"currency":   choose(w.faker, currencies),
		"made":       made.Format(day),
		"validUntil": made.AddDate(0, 0, 30).Format(day),
		"status":     choose(w.faker, []string{"sent", "accepted", "declined", "expired"}),
	})
}

func (w *writer) booking(c Customer) {
	start := w.moment().Truncate(time.Hour)
	w.add(c, "booking", "", map[string]any{
		"service":   choose(w.faker, services),
		"start":     start,
		"end":       start.Add(time.Duration(w.faker.Number(1, 6)) * time.Hour),
		"attendees": w.faker.Number(1, 12),
		"place":     w.faker.City(),
	})
}

func (w *writer) invoice(c Customer) {
	issued, currency := w.moment(), choose(w.faker, currencies)
	data := map[string]any{
		"issued": issued.Format(day), "due": issued.AddDate(0, 0, 14).Format(day), "currency": currency,
		"billTo": c.Organisation + " " + c.FirstName + " " + c.LastName,
	}
	key := w.add(c, "invoice", "", data)
	total := 0
	for range w.faker.Number(1, 4) {
		quantity, cents := w.faker.Number(1, 20), w.faker.Number(900, 42000)
		total += quantity * cents
		w.add(c, "line", key, map[string]any{
			"description": choose(w.faker, services), "quantity": quantity, "unitPrice": float64(cents) / 100, "tax": 0.19,
		})
	}
	data["total"], data["status"] = float64(total)/100, "open"
	if chance(w.faker, 80) {
		data["status"] = "paid"
		w.add(c, "payment", key, map[string]any{
			"method": choose(w.faker, []string{"transfer", "card", "direct debit"}), "amount": data["total"], "currency": currency,
			"paid": issued.AddDate(0, 0, w.faker.Number(1, 20)).Format(day),
		})
	}
}

func (w *writer) ticket(c Customer, messages int) {
	at := w.moment()
	key := w.add(c, "ticket", "", map[string]any{
		"subject":  choose(w.faker, subjects),
		"priority": choose(w.faker, []string{"low", "normal", "normal", "high"}),
		"status":   choose(w.faker, []string{"open", "waiting", "solved", "solved"}),
		"opened":   at,
	})
	for i := range w.faker.Number(1, messages) {
		text, from := choose(w.faker, answers), "support"
		if i%2 == 0 {
			text, from = choose(w.faker, openings)+" "+choose(w.faker, questions), c.FirstName+" "+c.LastName
		}
		w.add(c, "message", key, map[string]any{"from": from, "text": text, "at": at})
		at = at.Add(time.Duration(w.faker.Number(5, 2000)) * time.Minute)
	}
}

func (w *writer) chat(c Customer) {
	w.add(c, "chat", "", map[string]any{
		"started": w.moment(),
		"agent":   w.faker.FirstName(),
		"transcript": []string{
			choose(w.faker, openings) + " " + choose(w.faker, questions), choose(w.faker, answers), choose(w.faker, thanks),
		},
	})
}

func (w *writer) website(c Customer) {
	name := slug(c.Organisation)
	if name == "" {
		name = "site-" + c.ID
	}
	w.add(c, "website", "", map[string]any{
		"domain": name + ".example", "plan": choose(w.faker, []string{"basic", "shop", "business"}), "launched": w.moment().Format(day),
	})
}

func (w *writer) consentLog(c Customer) {
	for _, name := range []string{"newsletter", "product-news", "analytics"} {
		if granted, asked := c.Consents[name]; asked {
			w.add(c, "consent-log", "", map[string]any{
				"consent": name, "granted": granted, "at": w.moment(), "email": c.Email, "source": choose(w.faker, []string{"checkout", "profile", "paper"}),
			})
		}
	}
}
