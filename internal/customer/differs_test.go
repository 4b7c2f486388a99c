package customer

import (
	"slices"
	"testing"
	"time"
)

// TestSettingsDiffersNamesWhatChanged names the parts of the settings that a change alters, and none of their values.
func TestSettingsDiffersNamesWhatChanged(t *testing.T) {
	before := Settings{Version: 3, Retention: PeriodOf(time.Hour), Kinds: []Kind{
		{Name: "invoice", Policy: Retain, Keep: []string{"total"}, For: PeriodOf(time.Hour)}, {Name: "ticket", Policy: Cascade},
	}}
	with := func(change func(*Settings)) Settings {
		s := before
		s.Kinds = slices.Clone(before.Kinds)
		change(&s)
		return s
	}
	for _, tt := range []struct {
		name string
		to   Settings
		want []string
	}{
		{"nothing", with(func(s *Settings) { s.Version, s.Changed.By = 4, "admin" }), nil},
		{"retention", with(func(s *Settings) { s.Retention = Never }), []string{"retention"}},
		{"a policy", with(func(s *Settings) { s.Kinds[1].Policy = Restrict }), []string{"kinds.ticket"}},
		{"what is kept", with(func(s *Settings) { s.Kinds[0].Keep = []string{"total", "number"} }), []string{"kinds.invoice"}},
		{"how long it is kept", with(func(s *Settings) { s.Kinds[0].For = Never }), []string{"kinds.invoice"}},
		{"a new kind, and the retention", with(func(s *Settings) {
			s.Retention, s.Kinds = Never, append(s.Kinds, Kind{Name: "website", Policy: Cascade})
		}), []string{"retention", "kinds.website"}},
	} {
		if got := before.Differs(tt.to); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
