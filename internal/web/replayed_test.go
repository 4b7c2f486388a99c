package web_test

import (
	"fmt"
	"sync"
	"testing"
)

// keyed is a request with an idempotency key, and its setup.
type keyed struct {
	name   string
	before []string
	url    string // below the customer's
	body   string
	status int
	gone   bool // the customer is, after it
}

var keyedRequests = []keyed{
	{"create", nil, "", `{"id":"<id>","lastName":"Alder","email":"<id>@example.com","consents":{"news":true},"organisation":"` + manyWords + `"}`, 201, false},
	{"block", nil, "/block", "", 200, false},
	{"unblock", []string{"POST /block"}, "/unblock", "", 200, false},
	{"block in the trash", []string{"DELETE "}, "/block", "", 200, false},
	{"block under a hold", []string{"PUT /holds/case"}, "/block", "", 200, false},
	{"restore", []string{"DELETE "}, "/restore", "", 200, false},
	{"purge", []string{"DELETE "}, "/purge", `{"confirm":"<id>"}`, 202, true},
	{"a record", nil, "/records", `{"kind":"ticket","data":{"text":"hello <b>"}}`, 201, false},
}

// manyWords is more words than a search finds.
const manyWords = "aa ab ac ad ae af ag ah ai aj ak al am an ao ap aq ar as at au av aw ax ay az ba bb bc bd be bf bg bh bi bj bk bl bm bn"

// TestARepeatIsAnsweredAsThen repeats requests with the same key: at once, after a change of the customer, after its
// deletion and after its purge.
func TestARepeatIsAnsweredAsThen(t *testing.T) {
	s := newSystem(t)
	for i, k := range keyedRequests {
		t.Run(k.name, func(t *testing.T) {
			id := fmt.Sprintf("r%d", i)
			url := k.ready(s, id)
			first := s.must(k.status, post, url, k.text(id), "Idempotency-Key", id)
			again := func(when string) answer {
				t.Helper()
				got := s.must(k.status, post, url, k.text(id), "Idempotency-Key", id)
				for _, name := range []string{"Location", "Etag"} {
					if got.header.Get(name) != first.header.Get(name) {
						t.Errorf("%s: %s %q, was %q", when, name, got.header.Get(name), first.header.Get(name))
					}
				}
				if got.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
					t.Errorf("%s: replayed %q", when, got.header.Get("Idempotency-Replayed"))
				}
				for _, member := range []string{"id", "key", "version", "state", "blocked", "held", "created", "records", "data", "unsearchable"} {
					if fmt.Sprint(got.body[member]) != fmt.Sprint(first.body[member]) {
						t.Errorf("%s: %s is %v, was %v", when, member, got.body[member], first.body[member])
					}
				}
				return got
			}
			if got := again("at once"); got.text != first.text {
				t.Errorf("at once: %s\nwas %s", got.text, first.text)
			}
			if !k.gone {
				s.send(post, customerURL(id)+"/records", `{"kind":"line"}`)
				s.send(remove, customerURL(id)+"/holds/case", "")
				again("when it has been changed")
				s.must(200, remove, customerURL(id), "")
				again("in the trash")
				s.must(202, post, customerURL(id)+"/purge", `{"confirm":"`+id+`"}`)
			}
			again("while it is purged")
			s.work()
			s.must(410, get, customerURL(id), "")
			gone := again("gone for good")
			if personal := gone.body["lastName"]; k.name != "create" && personal != nil && personal != "" {
				t.Errorf("who is gone is told of: %s", gone.text)
			}
			if k.name == "create" && gone.text != first.text {
				t.Errorf("gone for good: %s\nwas %s", gone.text, first.text)
			}
		})
	}
}

func (k keyed) text(id string) string { return replaceID(k.body, id) }

// ready creates the customer, unless the request does, and returns the path of the request.
func (k keyed) ready(s *system, id string) (url string) {
	s.t.Helper()
	if k.name == "create" {
		return "/v1/customers"
	}
	s.must(201, post, "/v1/customers", replaceID(`{"id":"<id>","lastName":"Alder","email":"<id>@example.com"}`, id))
	for _, step := range k.before {
		s.step(id, step)
	}
	return customerURL(id) + k.url
}

// TestARepeatOfWhatChangedNothingChangesNothing sends a change that has no effect, and repeats it with the same key when
// it would have one.
func TestARepeatOfWhatChangedNothingChangesNothing(t *testing.T) {
	s := newSystem(t)
	for name, test := range map[string]struct{ before, url, after string }{
		"restore": {"", "/restore", "DELETE "},
		"block":   {"POST /block", "/block", "POST /unblock"},
		"unblock": {"", "/unblock", "POST /block"},
	} {
		t.Run(name, func(t *testing.T) {
			s.must(201, post, "/v1/customers", `{"id":"`+name+`","lastName":"Alder"}`)
			if test.before != "" {
				s.step(name, test.before)
			}
			first := s.must(200, post, customerURL(name)+test.url, "", "Idempotency-Key", name)
			if at := s.must(200, post, customerURL(name)+test.url, "", "Idempotency-Key", name); at.text != first.text || at.header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("at once, replayed %q: %s\nwas %s", at.header.Get("Idempotency-Replayed"), at.text, first.text)
			}
			s.step(name, test.after)
			now := s.must(200, get, customerURL(name), "")
			again := s.must(200, post, customerURL(name)+test.url, "", "Idempotency-Key", name)
			for _, member := range []string{"id", "version", "state", "blocked"} {
				if again.body[member] != first.body[member] {
					t.Errorf("%s is %v, was %v", member, again.body[member], first.body[member])
				}
			}
			if left := s.must(200, get, customerURL(name), ""); left.text != now.text {
				t.Errorf("it changed the customer to %s", left.text)
			}
		})
	}
}

// TestARepeatIsOfTheSameRequest sends another request with the same key.
func TestARepeatIsOfTheSameRequest(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Alder"}`, "Idempotency-Key", "k")
	s.must(200, remove, "/v1/customers/A", "")
	s.must(202, post, "/v1/customers/A/purge", `{"confirm":"A"}`)
	s.work()
	got := s.send(post, "/v1/customers", `{"id":"A","lastName":"Berglund"}`, "Idempotency-Key", "k")
	if got.status != 422 || got.body["code"] != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("%d %s", got.status, got.text)
	}
}

// TestWhatIsAnsweredOfARecordIsWhatWasWritten adds records during the deletion of their customer. After a restore, the customer
// must have exactly those that were answered with 201.
func TestWhatIsAnsweredOfARecordIsWhatWasWritten(t *testing.T) {
	s := newSystem(t)
	for round := range 20 {
		id := fmt.Sprintf("c%d", round)
		s.must(201, post, "/v1/customers", `{"id":"`+id+`","lastName":"Alder"}`)
		answers := make([]answer, 8)
		var clients sync.WaitGroup
		for i := range answers {
			clients.Go(func() {
				var header []string
				if i%2 == 0 {
					header = []string{"Idempotency-Key", id + fmt.Sprint(i)}
				}
				answers[i] = s.send(post, customerURL(id)+"/records", fmt.Sprintf(`{"kind":"ticket","id":"t%d","data":{"n":%d}}`, i, i), header...)
			})
		}
		clients.Go(func() { s.send(remove, customerURL(id), "") })
		clients.Wait()
		s.must(200, post, customerURL(id)+"/restore", "")
		for i, a := range answers {
			found := s.send(get, customerURL(id)+fmt.Sprintf("/records/ticket~t%d", i), "")
			switch {
			case a.status == 201 && found.text != a.text:
				t.Errorf("answered %s, found %s", a.text, found.text)
			case a.status == 404 && (a.body["code"] != "IN_TRASH" || found.status != 404):
				t.Errorf("answered %s, found %s", a.text, found.text)
			case a.status != 201 && a.status != 404:
				t.Errorf("answered %d %s", a.status, a.text)
			}
		}
	}
}
