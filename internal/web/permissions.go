package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lethe/internal/access"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// need is what a route asks of an administrator.
type need struct {
	anyOf []access.Permission // one of these is enough; empty: any administrator who is not suspended
	fresh freshness
	when  string // with sometimes: when
	acts  bool   // with the permission of the operation's action, too: actionNeeds
}

// freshness says whether a route needs a fresh sign-in.
type freshness int

const (
	never     freshness = iota
	always              // it is checked before the body is read
	sometimes           // the handler decides
)

func only(p access.Permission) need { return need{anyOf: []access.Permission{p}} }

// needs has an entry for each route, by its id. Only this table says who may do what: see docs/access.md.
var needs = map[string]need{
	"get-me":                {},
	"get-access":            {anyOf: []access.Permission{access.Settings, access.Audit, access.Approve}},
	"update-access":         {anyOf: []access.Permission{access.Settings}, fresh: always},
	"approve-access":        {anyOf: []access.Permission{access.Approve}, fresh: always},
	"discard-access":        {anyOf: []access.Permission{access.Settings, access.Approve}},
	"list-suspensions":      {anyOf: []access.Permission{access.Settings, access.Audit}},
	"suspend-administrator": only(access.Settings),
	"lift-suspension":       {anyOf: []access.Permission{access.Settings}, fresh: always},

	"create-customer":        only(access.CustomersWrite),
	"list-customers":         only(access.CustomersRead),
	"search-customers":       only(access.CustomersRead),
	"get-customer":           only(access.CustomersRead),
	"update-customer":        only(access.CustomersWrite),
	"import-customers":       only(access.CustomersWrite),
	"block-customer":         only(access.CustomersWrite),
	"unblock-customer":       only(access.CustomersWrite),
	"place-hold":             only(access.Hold),
	"lift-hold":              only(access.Hold),
	"list-deleted-customers": only(access.CustomersRead),
	"restore-customer":       only(access.Restore),
	"delete-customer": {
		anyOf: []access.Permission{access.Delete}, fresh: sometimes, when: "if the retention leaves less than a day to undo it",
	},
	"purge-customer": {anyOf: []access.Permission{access.Purge}, fresh: always},

	"add-record":     only(access.CustomersWrite),
	"list-records":   only(access.CustomersRead),
	"get-record":     only(access.CustomersRead),
	"remove-record":  only(access.Delete),
	"import-records": only(access.CustomersWrite),

	"create-operation":       {anyOf: []access.Permission{access.Bulk}, acts: true},
	"list-operations":        only(access.CustomersRead),
	"get-operation":          only(access.CustomersRead),
	"list-operation-items":   only(access.CustomersRead),
	"export-operation-items": only(access.CustomersRead),
	"apply-operation": {
		anyOf: []access.Permission{access.Bulk}, acts: true, fresh: sometimes,
		when: "for purge, redate and replay, and for a deletion without a search or ids, or that leaves less than a day to undo it",
	},
	"approve-operation": {
		anyOf: []access.Permission{access.Approve}, fresh: sometimes,
		when: "for what apply needs one",
	},
	"cancel-operation": only(access.Bulk),
	"retry-operation":  {anyOf: []access.Permission{access.Bulk}, acts: true},

	"get-settings": only(access.CustomersRead),
	"update-settings": {
		anyOf: []access.Permission{access.Settings}, fresh: sometimes, when: "if the retention changes",
	},
	"preview-settings": only(access.CustomersRead),

	"get-certificate":     only(access.Audit),
	"list-retained":       only(access.Audit),
	"list-certificates":   only(access.Audit),
	"export-certificates": only(access.Audit),
	"get-checkpoint":      only(access.Audit),
	"list-audit":          only(access.Audit),
	"search-audit":        only(access.Audit),
	"export-audit":        only(access.Audit),
	"get-totals":          only(access.CustomersRead),
	"list-totals-by-day":  only(access.CustomersRead),
}

// actionNeeds says which permission an operation needs beside bulk: the permission of the action on one customer.
var actionNeeds = map[string]access.Permission{
	operations.Delete:  access.Delete,
	operations.Restore: access.Restore,
	operations.Purge:   access.Purge,
	operations.Block:   access.CustomersWrite,
	operations.Unblock: access.CustomersWrite,
	operations.Redate:  access.Settings,
	operations.Undo:    access.Restore,
	operations.Replay:  access.Purge,
	operations.Fsck:    access.Audit,
}

// needOf returns what a route needs. A route without an entry is a mistake in the code.
func needOf(id string) need {
	n, ok := needs[id]
	if !ok {
		panic(fmt.Errorf("route %s has no entry in the table of permissions", id))
	}
	return n
}

// refusals returns the problems of an administrator who lacks what the route needs.
func (n need) refusals() []*problemType {
	types := []*problemType{suspended}
	if len(n.anyOf) > 0 {
		types = append(types, forbidden)
	}
	if n.fresh != never {
		types = append(types, staleSignIn)
	}
	return types
}

// describe says what the route needs, as the last paragraph of its description.
func (n need) describe() string {
	var text string
	switch {
	case len(n.anyOf) == 0:
		text = "Needs no permission: for every administrator who is signed in and not suspended."
	case n.acts:
		text = "Needs the permission bulk, and the one of its action: delete for delete; restore for restore and undo; purge for purge and replay; customers.write for block and unblock; settings for redate; audit for fsck."
	default:
		text = "Needs the permission " + join(n.anyOf) + "."
	}
	switch n.fresh {
	case always:
		text += fmt.Sprintf(" Needs a sign-in that is at most %d minutes old.", freshMinutes)
	case sometimes:
		text += fmt.Sprintf(" Needs a sign-in that is at most %d minutes old %s.", freshMinutes, n.when)
	case never:
	}
	return text
}

const freshMinutes = int(access.FreshFor / time.Minute)

func join(permissions []access.Permission) string {
	names := make([]string, len(permissions))
	for i, p := range permissions {
		names[i] = string(p)
	}
	return strings.Join(names, " or ")
}

// extension is what the OpenAPI document says of the need, for programs.
func (n need) extension() map[string]any {
	return map[string]any{"x-permission": xPermission{
		AnyOf: append([]access.Permission{}, n.anyOf...), Action: n.acts, FreshSignIn: []string{"never", "always", "sometimes"}[n.fresh],
	}}
}

// xPermission is the extension x-permission of an operation in the OpenAPI document.
type xPermission struct {
	AnyOf       []access.Permission `json:"anyOf" yaml:"anyOf"`             // empty: none is needed
	Action      bool                `json:"action" yaml:"action"`           // the permission of the operation's action, too
	FreshSignIn string              `json:"freshSignIn" yaml:"freshSignIn"` // never, always or sometimes
}

// admitAdministrator returns what the sender of a request may do, or why it is refused.
func (a *api) admitAdministrator(ctx context.Context) (access.Administrator, *Problem) {
	who := identityOf(ctx)
	if who.Subject == "" {
		return access.Administrator{}, unauthenticated.problem(ctx)
	}
	if err := a.svc.Audit.SignedIn(ctx, who.Subject, who.SignedIn); err != nil {
		return access.Administrator{}, a.problem(ctx, err)
	}
	admitted, err := a.admins.Admit(ctx, who)
	if err != nil {
		return access.Administrator{}, a.problem(ctx, err)
	}
	return admitted, nil
}

// lacking returns why the administrator may not use a route with this need, nil if it may.
func (a *api) lacking(ctx context.Context, who access.Administrator, n need) *Problem {
	switch {
	case len(n.anyOf) > 0 && !slices.ContainsFunc(n.anyOf, who.May):
		return withoutPermission(ctx, n.anyOf[0])
	case n.fresh == always && !who.FreshAt(a.admins.Now()):
		return stale(ctx)
	}
	return nil
}

func withoutPermission(ctx context.Context, missing access.Permission) *Problem {
	p := forbidden.problem(ctx)
	p.Permission = string(missing)
	return p
}

func stale(ctx context.Context) *Problem {
	p := staleSignIn.problem(ctx)
	p.MaxAge = maxAge
	return p
}

// staleChallenge is the challenge of RFC 9470.
var staleChallenge = fmt.Sprintf(`Bearer error="insufficient_user_authentication", max_age="%d"`, maxAge)

// maxAge is access.FreshFor in seconds.
const maxAge = int(access.FreshFor / time.Second)

// mayAct returns nil if the administrator has the permission of an action on many customers. Routes check bulk before.
func mayAct(ctx context.Context, action string) error {
	if missing, known := actionNeeds[action]; known && !administratorOf(ctx).May(missing) {
		return withoutPermission(ctx, missing)
	}
	return nil
}

// requireFresh returns nil if the administrator signed in a short time ago.
func (a *api) requireFresh(ctx context.Context) error {
	if administratorOf(ctx).FreshAt(a.admins.Now()) {
		return nil
	}
	return stale(ctx)
}

// requireFreshToDelete is like requireFresh, for a deletion that can't be undone for long.
func (a *api) requireFreshToDelete(ctx context.Context, s customer.Settings) error {
	if !s.Retention.ShortNotice() {
		return nil
	}
	return a.requireFresh(ctx)
}

// requireFreshToRetain is like requireFresh, for settings with another retention. The settings that it compares are those that
// the wanted ones replace.
func (a *api) requireFreshToRetain(ctx context.Context, wanted customer.Settings) error {
	s, err := a.svc.Settings(ctx)
	switch {
	case err != nil:
		return err
	case s.Version != wanted.Version:
		return customer.ErrVersion
	case s.Retention == wanted.Retention:
		return nil
	}
	return a.requireFresh(ctx)
}

// requireFreshToApply is like requireFresh, for a plan with consequences that can't be undone, or for everybody.
func (a *api) requireFreshToApply(ctx context.Context, op bulk.Operation) error {
	switch op.Action {
	case operations.Purge, operations.Redate, operations.Replay:
		return a.requireFresh(ctx)
	case operations.Delete:
		if operations.SelectsEverything(op) {
			return a.requireFresh(ctx)
		}
		retention, err := operations.Retention(ctx, a.svc, op)
		if err != nil || !retention.ShortNotice() {
			return err
		}
		return a.requireFresh(ctx)
	}
	return nil
}
