package customer

import (
	"fmt"
	"testing"
	"time"
)

func TestACertificateCountsWhatWasErasedAndWhatTheLawKept(t *testing.T) {
	c := purging(noon).with(map[string]int64{"chat": 3, "payment": 2, "invoice": 1, "booking": 0, "unknown": 4})
	c.Frozen = everyPolicy.Freeze()
	c.Deletion.By, c.Deletion.ApprovedBy, c.Last.By, c.Last.ApprovedBy = "ann", "bob", "cas", "dan"
	got := certify(c, noon.Add(time.Minute))
	for what, same := range map[string]bool{
		"customer and generation": got.Customer == "ALFKI" && got.DeletionID == "d1",
		"who":                     got.DeletedBy == "ann" && got.PurgedBy == "cas",
		"who approved it":         got.DeletionApprovedBy == "bob" && got.ApprovedBy == "dan",
		"when":                    got.DeletedAt.Equal(noon.Add(-time.Hour)) && got.PurgedAt.Equal(noon.Add(time.Minute)),
		"erased":                  fmt.Sprint(got.Erased) == "map[chat:3 invoice:1 unknown:4]",
		"retained":                fmt.Sprint(got.Retained) == "map[payment:2]",
		"policies":                fmt.Sprint(got.Policies) == "map[chat:cascade invoice:restrict payment:retain unknown:restrict]",
		"residue":                 got.Residue == 0,
	} {
		if !same {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestACertificateHasNothingPersonal(t *testing.T) {
	c := purging(noon)
	c.Profile = Profile{Organisation: "Canary", FirstName: "Canary", LastName: "Canary", Email: "canary@example.com", Phone: "canary"}
	c.Deletion.Reason, c.Last.Reason, c.Terms = "Canary asked", "Canary asked", []string{"canary"}
	if text := fmt.Sprint(certify(c, noon)); containsFold(text, "canary") {
		t.Error(text)
	}
}
