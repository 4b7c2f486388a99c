package conform

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lethe/internal/customer"
)

func checkReword(t *testing.T, w World) {
	ctx, id := t.Context(), customer.NewID()
	log := func(of string, n int, reason string) {
		must(t, w.Observe(ctx, customer.Entry{
			Customer: of, Seq: fmt.Sprint(n), At: w.Now().Add(time.Duration(n) * time.Second), By: "admin", Action: customer.ActionBlocked,
			Reason: reason, ReasonCode: customer.Inactive, Subject: "s",
		}))
	}
	for n, reason := range []string{"Ann asked", "", "asked", "Ann and Ann"} {
		log(id, n, reason)
	}
	log("other-"+id, 1, "Ann asked")
	read := func(of string) []customer.Entry {
		page, err := w.Entries(ctx, customer.EntryQuery{Customer: of, Limit: 10})
		must(t, err)
		return page.Entries
	}
	want := read(id)
	for i := range want {
		want[i].Reason = strings.ReplaceAll(want[i].Reason, "Ann", "-")
	}
	for range 2 {
		must(t, w.Reword(ctx, id, func(reason string) string {
			if reason == "" {
				t.Error("Reword called the function for an entry without a reason")
			}
			return strings.ReplaceAll(reason, "Ann", "-")
		}))
		same(t, "entries", read(id), want)
	}
	same(t, "entry of another customer", read("other-" + id)[0].Reason, "Ann asked")
	must(t, w.Reword(ctx, "nobody-"+id, strings.ToUpper))
	same(t, "entries of an unknown customer", len(read("nobody-"+id)), 0)
}
