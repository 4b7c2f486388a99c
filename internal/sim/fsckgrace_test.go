package sim

import (
	"strconv"
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/fsck"
)

// TestFsckKnowsTheEarliestTTLOfEveryGrace has roots that were written with any grace: of a customer in the trash, TTL is never
// before the purge time. Of a purge, it is never within the life of stream records of the time before the fence.
func TestFsckKnowsTheEarliestTTLOfEveryGrace(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	create(t, service, "trash")
	trash := remove(t, service, "trash")
	create(t, service, "fenced")
	fence(t, service, "fenced")
	whole := w.snapshot(t)
	purgeTime, lease := trash.Deletion.PurgeTime, w.Clock.Now().Add(customer.PurgeLease)
	for _, tt := range []struct {
		name, id string
		earliest time.Time
	}{
		{"in the trash", "trash", purgeTime},
		{"past the fence", "fenced", lease.Add(customer.MinPurgeGrace)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer w.reset(t, whole)
			for _, ttl := range []struct {
				at    int64
				found int
			}{{tt.earliest.Unix(), 0}, {tt.earliest.Unix() - 1, 1}} {
				w.inflict(t, put("C#"+tt.id, "#", set("ttl", number(strconv.FormatInt(ttl.at, 10)))))
				var found []fsck.Finding
				checker := w.checker()
				checker.AnyGrace = true
				if _, err := checker.Check(t.Context(), nil, func(f fsck.Finding) { found = append(found, f) }); err != nil {
					t.Fatal(err)
				}
				if len(found) != ttl.found || ttl.found == 1 && found[0].Rule != fsck.WrongPlace {
					t.Errorf("ttl %d, earliest %d: found %v", ttl.at, tt.earliest.Unix(), found)
				}
			}
		})
	}
	work(t, w, service)
}
