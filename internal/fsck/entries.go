package fsck

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

const dayShards = 16 // partitions of a day in the index of the audit log

// checkEntry checks an entry of a customer's audit log: its time, and its place in the log of its day. No entry is repaired:
// only the stream function may write one.
func (c *check) checkEntry(r row) {
	id := r.key().customer()
	day, ok := dayOfEntry(r)
	switch {
	case !ok:
		c.addUnknown(r.key(), "it is not an entry of an audit log: its key has another time")
	case r.DayPK != dayPlace(day, r.DaySK) || r.DaySK != r.SK+"#"+id:
		c.addFinding(Finding{Rule: WrongPlace, Customer: id, Key: r.key().shown(), Problem: notOnDay})
	}
}

// checkSiteEntry checks an entry of what changes no customer.
func (c *check) checkSiteEntry(r row) {
	day, ok := dayOfEntry(r)
	switch {
	case !ok:
		c.addUnknown(r.key(), "it is not an entry of an audit log: its key has another time")
	case r.PK != "L#"+dayPlace(day, r.SK):
		c.addUnknown(r.key(), "it is not in the partition of its time")
	case "L#"+r.DayPK != r.PK || r.DaySK != r.SK:
		c.addFinding(Finding{Rule: WrongPlace, Key: r.key().shown(), Problem: notOnDay})
	}
}

const notOnDay = "an entry of the audit log that the list of its day does not have in its place"

// dayOfEntry returns the day of an entry. ok is false if its key has another time than the entry, or nothing after it.
func dayOfEntry(r row) (day string, ok bool) {
	at, rest, _ := strings.Cut(r.SK, "#")
	t, err := time.Parse(timeLayout, at)
	return t.Format(time.DateOnly), err == nil && rest != "" && r.At == at
}

// dayPlace returns the partition of an entry in the index.
func dayPlace(day, sk string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(sk)) // never fails
	return fmt.Sprintf("%s#%d", day, h.Sum32()%dayShards)
}
