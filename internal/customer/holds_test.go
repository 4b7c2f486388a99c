package customer

import (
	"testing"
	"time"
)

func TestTheLastHoldThatIsLiftedGivesNotice(t *testing.T) {
	for _, test := range []struct {
		name string
		of   Customer
		want time.Time
	}{
		{"due long ago", inTrash(noon.Add(-99 * time.Hour)).held("a"), noon.Add(LiftNotice)},
		{"due now", inTrash(noon).held("a"), noon.Add(LiftNotice)},
		{"due soon", inTrash(noon.Add(LiftNotice - time.Second)).held("a"), noon.Add(LiftNotice)},
		{"due in a day", inTrash(noon.Add(LiftNotice)).held("a"), noon.Add(LiftNotice)},
		{"due later", inTrash(noon.Add(LiftNotice + time.Second)).held("a"), noon.Add(LiftNotice + time.Second)},
		{"never due", inTrash(time.Time{}).held("a"), time.Time{}},
		{"held still", inTrash(noon).held("a", "b"), noon},
	} {
		t.Run(test.name, func(t *testing.T) {
			due := test.of.Deletion.PurgeTime
			after := test.of.WithoutHold("a", noon)
			if got := after.Deletion.PurgeTime; !got.Equal(test.want) {
				t.Errorf("due %v, want %v", got, test.want)
			}
			if !test.of.Deletion.PurgeTime.Equal(due) || len(test.of.Holds) == len(after.Holds) {
				t.Error("WithoutHold changed its receiver")
			}
			if after.StateAt(noon) != Deleted {
				t.Errorf("is %s at once", after.StateAt(noon))
			}
		})
	}
	if after := active().held("a").WithoutHold("a", noon); after.Deletion != nil || after.Holds != nil {
		t.Errorf("%+v", after)
	}
}
