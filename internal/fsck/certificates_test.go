package fsck

import "testing"

func TestNobodyApprovesTheirOwnPurge(t *testing.T) {
	for _, tt := range []struct {
		name string
		cert certificate
		want bool
	}{
		{"approved by nobody", certificate{DeletedBy: "ann", PurgedBy: "ann"}, true},
		{"approved by others", certificate{DeletedBy: "ann", DeletionApprovedBy: "bob", PurgedBy: "bob", ApprovedBy: "ann"}, true},
		{"a purge approved by the one who asked for it", certificate{DeletedBy: "ann", PurgedBy: "bob", ApprovedBy: "bob"}, false},
		{"a deletion approved by the one who asked for it", certificate{DeletedBy: "ann", DeletionApprovedBy: "ann", PurgedBy: "bob"}, false},
	} {
		if got := tt.cert.approvedByOthers(); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}
