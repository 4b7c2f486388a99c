package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// need is what a route asks of an administrator.
type need struct {
	anyOf []admin.Permission // one of these is enough; empty: any administrator who is not suspended
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

func only(p admin.Permission) need { return need{anyOf: []admin.Permission{p}} }

// needs has an entry for each route, by its id. Only this table says who may do what: see docs/access.md.
var needs = map[string]need{
	"get-me":                {},
	"get-access":            {anyOf: []admin.Permission{admin.Settings, admin.Audit, admin.Approve}},
	"update-access":         {anyOf: []admin.Permission{admin.Settings}, fresh: always},
	"approve-access":        {anyOf: []admin.Permission{admin.Approve}, fresh: always},
	"discard-access":        {anyOf: []admin.Permission{admin.Settings, admin.Approve}},
	"list-suspensions":      {anyOf: []admin.Permission{admin.Settings, admin.Audit}},
	"suspend-administrator": only(admin.Settings),
	"lift-suspension":       {anyOf: []admin.Permission{admin.Settings}, fresh: always},

	"create-customer":        only(admin.CustomersWrite),
	"list-customers":         only(admin.CustomersRead),
	"search-customers":       only(admin.CustomersRead),
	"get-customer":           only(admin.CustomersRead),
	"update-customer":        only(admin.CustomersWrite),
	"import-customers":       only(admin.CustomersWrite),
	"block-customer":         only(admin.CustomersWrite),
	"unblock-customer":       only(admin.CustomersWrite),
	"place-hold":             only(admin.Hold),
	"lift-hold":              only(admin.Hold),
	"list-deleted-customers": only(admin.CustomersRead),
	"restore-customer":       only(admin.Restore),
	"delete-customer": {
		anyOf: []admin.Permission{admin.Delete}, fresh: sometimes, when: "if the retention leaves less than a day to undo it",
	},
	"purge-customer": {anyOf: []admin.Permission{admin.Purge}, fresh: always},

	"add-record":     only(admin.CustomersWrite),
	"list-records":   only(admin.CustomersRead),
	"get-record":     only(admin.CustomersRead),
	"remove-record":  only(admin.Delete),
	"import-records": only(admin.CustomersWrite),

	"create-operation":       {anyOf: []admin.Permission{admin.Bulk}, acts: true},
	"list-operations":        only(admin.CustomersRead),
	"get-operation":          only(admin.CustomersRead),
	"list-operation-items":   only(admin.CustomersRead),
	"export-operation-items": only(admin.CustomersRead),
	"apply-operation": {
		anyOf: []admin.Permission{admin.Bulk}, acts: true, fresh: sometimes,
		when: "for purge, redate and replay, and for a deletion without a search or ids, or that leaves less than a day to undo it",
	},
	"approve-operation": {
		anyOf: []admin.Permission{admin.Approve}, fresh: sometimes,
		when: "for what apply needs one",
	},
	"cancel-operation": only(admin.Bulk),
	"retry-operation":  {anyOf: []admin.Permission{admin.Bulk}, acts: true},

	"get-settings": only(admin.CustomersRead),
	"update-settings": {
		anyOf: []admin.Permission{admin.Settings}, fresh: sometimes, when: "if the retention changes",
	},
	"preview-settings": only(admin.CustomersRead),

	"get-certificate":     only(admin.Audit),
	"list-retained":       only(admin.Audit),
	"list-certificates":   only(admin.Audit),
	"export-certificates": only(admin.Audit),
	"get-checkpoint":      only(admin.Audit),
	"list-audit":          only(admin.Audit),
	"search-audit":        only(admin.Audit),
	"export-audit":        only(admin.Audit),
	"get-totals":          only(admin.CustomersRead),
	"list-totals-by-day":  only(admin.CustomersRead),
}

// actionNeeds says which permission an operation needs beside bulk: the permission of the action on one customer.
var actionNeeds = map[string]admin.Permission{
	operations.Delete:  admin.Delete,
	operations.Restore: admin.Restore,
	operations.Purge:   admin.Purge,
	operations.Block:   admin.CustomersWrite,
	operations.Unblock: admin.CustomersWrite,
	operations.Redate:  admin.Settings,
	operations.Undo:    admin.Restore,
	operations.Replay:  admin.Purge,
	operations.Fsck:    admin.Audit,
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

const freshMinutes = int(admin.FreshFor / time.Minute)

func join(permissions []admin.Permission) string {
	names := make([]string, len(permissions))
	for i, p := range permissions {
		names[i] = string(p)
	}
	return strings.Join(names, " or ")
}

// extension is what the OpenAPI document says of the need, for programs.
func (n need) extension() map[string]any {
	return map[string]any{"x-permission": xPermission{
		AnyOf: append([]admin.Permission{}, n.anyOf...), Action: n.acts, FreshSignIn: []string{"never", "always", "sometimes"}[n.fresh],
	}}
}

// xPermission is the extension x-permission of an operation in the OpenAPI document.
type xPermission struct {
	AnyOf       []admin.Permission `json:"anyOf" yaml:"anyOf"`             // empty: none is needed
	Action      bool               `json:"action" yaml:"action"`           // the permission of the operation's action, too
	FreshSignIn string             `json:"freshSignIn" yaml:"freshSignIn"` // never, always or sometimes
}

// admitAdministrator returns what the sender of a request may do, or why it is refused.
func (a *api) admitAdministrator(ctx context.Context) (admin.Administrator, *Problem) {
	who := identityOf(ctx)
	if who.Subject == "" {
		return admin.Administrator{}, unauthenticated.problem(ctx)
	}
	if err := a.svc.Audit.SignedIn(ctx, who.Subject, who.SignedIn); err != nil {
		return admin.Administrator{}, a.problem(ctx, err)
	}
	admitted, err := a.admins.Admit(ctx, who)
	if err != nil {
		return admin.Administrator{}, a.problem(ctx, err)
	}
	return admitted, nil
}

// lacking returns why the administrator may not use a route with this need, nil if it may.
func (a *api) lacking(ctx context.Context, who admin.Administrator, n need) *Problem {
	switch {
	case len(n.anyOf) > 0 && !slices.ContainsFunc(n.anyOf, who.May):
		return withoutPermission(ctx, n.anyOf[0])
	case n.fresh == always && !who.FreshAt(a.admins.Now()):
		return stale(ctx)
	}
	return nil
}

func withoutPermission(ctx context.Context, missing admin.Permission) *Problem {
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

// maxAge is admin.FreshFor in seconds.
const maxAge = int(admin.FreshFor / time.Second)

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
