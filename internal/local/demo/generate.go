package demo

import (
	"cmp"
	"slices"

	"github.com/brianvoe/gofakeit/v7"
)

const (
	seed = 20261121

	customers = 3000
	// large is the customer with thousands of records. None of them blocks its deletion.
	large        = "k1500"
	largeTickets = 1100
)

// Customer is a customer as the API takes it.
type Customer struct {
	ID           string          `json:"id"`
	Organisation string          `json:"organisation,omitempty"`
	FirstName    string          `json:"firstName,omitempty"`
	LastName     string          `json:"lastName,omitempty"`
	Email        string          `json:"email,omitempty"`
	Phone        string          `json:"phone,omitempty"`
	Push         bool            `json:"push,omitempty"`
	Consents     map[string]bool `json:"consents,omitempty"`
}

// Record is a record as the import takes it.
type Record struct {
	Customer string         `json:"customer"`
	Kind     string         `json:"kind"`
	ID       string         `json:"id"`
	Parent   string         `json:"parent,omitempty"` // the key of the record above
	Data     map[string]any `json:"data"`
}

func (r Record) key() string {
	own := r.Kind + "~" + r.ID
	if r.Parent == "" {
		return own
	}
	return r.Parent + "~" + own
}

// Data is the whole demo: the same on every call.
type Data struct {
	Customers []Customer
	Records   []Record // grouped by customer, parents before their children
	Fates     []Fate
}

// Generate makes the demo.
func Generate() Data {
	fates := fates()
	restricted := map[string]bool{large: true}
	for _, f := range fates {
		restricted[f.Customer] = f.trashed()
	}
	p := people{faker: gofakeit.New(seed), taken: map[string]bool{}}
	w := writer{faker: gofakeit.New(seed + 1), numbers: map[string]int{}}
	data := Data{Fates: fates}
	for i := range customers {
		c := p.customer(i)
		data.Customers = append(data.Customers, c)
		w.write(c, !restricted[c.ID])
	}
	data.Records = w.records
	return data
}

// choose picks one of a list.
func choose[T any](f *gofakeit.Faker, list []T) T { return list[f.Number(0, len(list)-1)] }

// chance is true in the given percentage of cases.
func chance(f *gofakeit.Faker, percent int) bool { return f.Number(1, 100) <= percent }

// records counts a customer's records.
func (d Data) records(id string) int {
	from, _ := slices.BinarySearchFunc(d.Records, id, func(r Record, id string) int { return cmp.Compare(r.Customer, id) })
	rest := d.Records[from:]
	if end := slices.IndexFunc(rest, func(r Record) bool { return r.Customer != id }); end >= 0 {
		return end
	}
	return len(rest)
}
