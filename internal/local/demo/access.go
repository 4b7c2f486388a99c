package demo

import (
	"context"
	"encoding/json"
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
	return replace(ctx, l.api, "/v1/access", func(now accessRules) (wanted accessRules, changes bool) {
		wanted = now.withGroups()
		return wanted, len(wanted.Groups) != len(now.Groups)
	})
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
