package demo

import (
	"context"
	"slices"
)

// settings are the settings in the form of the API.
type settings struct {
	Version      int64  `json:"version"`
	Retention    string `json:"retention"`
	Kinds        []kind `json:"kinds"`
	Acknowledged bool   `json:"acknowledged,omitempty"`
}

// setRetention sets the retention and adds the demo's kinds to the settings, if that changes anything.
func (l loader) setRetention(ctx context.Context, retention string) error {
	return replace(ctx, l.api, "/v1/settings", func(now settings) (wanted settings, changes bool) {
		wanted = now.with(retention)
		return wanted, now.Retention != retention || len(wanted.Kinds) != len(now.Kinds)
	})
}

// with adds the demo's kinds to those that are there; what is there stays as it is.
func (s settings) with(retention string) settings {
	s.Retention, s.Acknowledged, s.Kinds = retention, true, slices.Clone(s.Kinds)
	for _, k := range kinds {
		if !slices.ContainsFunc(s.Kinds, func(there kind) bool { return there.Name == k.Name }) {
			s.Kinds = append(s.Kinds, k)
		}
	}
	return s
}
