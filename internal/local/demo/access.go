package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// accessRules are the access rules in the form of the API.
type accessRules struct {
	Version  int64           `json:"version"`
	Groups   []grant         `json:"groups"`
	FourEyes json.RawMessage `json:"fourEyes"`
}

type grant struct {
	Group       string   `json:"group"`
	Permissions []string `json:"permissions"`
}

// The groups of the demo administrators. The owner has none of them: its group owners has all permissions by a parameter.
var groups = []grant{
	{"auditors", []string{"customers.read", "audit"}},
	{"privacy", []string{"customers.read", "delete", "restore", "purge", "bulk", "hold", "audit", "approve"}},
	{"support", []string{"customers.read", "customers.write", "message"}},
}

// setAccess gives permissions to the demo's groups, and suspends who has left.
func (l loader) setAccess(ctx context.Context) error {
	if err := l.mapGroups(ctx); err != nil {
		return err
	}
	for _, a := range Administrators {
		if !a.Suspended {
			continue
		}
		if _, err := l.api.do(ctx, http.MethodPost, "/v1/suspensions", map[string]string{"subject": a.Subject}); err != nil {
			return err
		}
	}
	return nil
}

// mapGroups adds the demo's groups to the access rules, if that changes anything.
func (l loader) mapGroups(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		now, err := l.rules(ctx)
		if err != nil {
			return err
		}
		wanted := now.withGroups()
		if len(wanted.Groups) == len(now.Groups) {
			return nil
		}
		got, err := l.api.do(ctx, http.MethodPut, "/v1/access", wanted, "VERSION_MISMATCH")
		if err != nil || got.status < 300 {
			return err
		}
		if attempt == attempts {
			return fmt.Errorf("PUT /v1/access: others changed the access rules during each try: %s", got.body)
		}
	}
}

func (l loader) rules(ctx context.Context) (accessRules, error) {
	got, err := l.api.do(ctx, http.MethodGet, "/v1/access", nil)
	if err != nil {
		return accessRules{}, err
	}
	var r accessRules
	if err := json.Unmarshal(got.body, &r); err != nil {
		return r, fmt.Errorf("GET /v1/access: %w", err)
	}
	return r, nil
}

// withGroups adds the demo's groups to those that are there; what is there stays as it is.
func (r accessRules) withGroups() accessRules {
	r.Groups = slices.Clone(r.Groups)
	for _, g := range groups {
		if !slices.ContainsFunc(r.Groups, func(there grant) bool { return there.Group == g.Group }) {
			r.Groups = append(r.Groups, g)
		}
	}
	return r
}
