package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
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
	for attempt := 1; ; attempt++ {
		now, err := l.settings(ctx)
		if err != nil {
			return err
		}
		wanted := now.with(retention)
		if now.Retention == retention && len(wanted.Kinds) == len(now.Kinds) {
			return nil
		}
		got, err := l.api.do(ctx, http.MethodPut, "/v1/settings", wanted, "VERSION_MISMATCH")
		if err != nil || got.status < 300 {
			return err
		}
		if attempt == attempts {
			return fmt.Errorf("PUT /v1/settings: others changed the settings during each try: %s", got.body)
		}
	}
}

func (l loader) settings(ctx context.Context) (settings, error) {
	got, err := l.api.do(ctx, http.MethodGet, "/v1/settings", nil)
	if err != nil {
		return settings{}, err
	}
	var s settings
	if err := json.Unmarshal(got.body, &s); err != nil {
		return s, fmt.Errorf("GET /v1/settings: %w", err)
	}
	return s, nil
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
