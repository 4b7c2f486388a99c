package web

import (
	"context"
	"net/http"
	"time"

	"lethe/internal/admin"
)

func (a *api) suspensionRoutes() {
	register(a, route{
		id: "list-suspensions", method: http.MethodGet, path: "/v1/suspensions", tag: "Access",
		summary:     "List the suspended administrators",
		description: "By subject. There are at most 500.",
		response:    exampleSuspensions,
	}, a.listSuspensions)
	register(a, route{
		id: "suspend-administrator", method: http.MethodPost, path: "/v1/suspensions", tag: "Access",
		summary:     "Suspend an administrator",
		description: "Shuts the administrator with this subject out, however long the token lives. When the answer comes, after a second, no further request of the subject gets through. If the subject is suspended already, nothing changes. Nobody can suspend themselves.",
		request:     exampleSuspended, response: exampleSuspensions,
	}, a.suspend)
	register(a, route{
		id: "lift-suspension", method: http.MethodPost, path: "/v1/suspensions/lift", tag: "Access",
		summary:     "Lift a suspension",
		description: "If the subject is not suspended, nothing changes. The answer comes after a second, when the change is in force everywhere.",
		request:     exampleSuspended, response: exampleSuspensions,
	}, a.liftSuspension)
}

// Suspended names an administrator. The subject is in the body because it may be an e-mail address.
type Suspended struct {
	Subject string `json:"subject" minLength:"1" maxLength:"255" doc:"The subject of the administrator's tokens, as changes and the audit log show it." example:"demo-leaver"`
}

// Suspensions are the suspended administrators.
type Suspensions struct {
	Suspensions []Suspension `json:"suspensions"`
}

// Suspension shuts an administrator out.
type Suspension struct {
	Subject string    `json:"subject" example:"demo-leaver"`
	Since   time.Time `json:"since"`
	By      string    `json:"by" doc:"The subject that suspended the administrator." example:"demo-owner"`
}

func suspensionOf(s admin.Suspension) Suspension {
	return Suspension{s.Subject, timeOf(s.Since), s.By}
}

type suspendInput struct{ Body Suspended }

func answerSuspensions(list []admin.Suspension, err error) (*output[Suspensions], error) {
	if err != nil {
		return nil, err
	}
	return &output[Suspensions]{Body: Suspensions{documents(list, suspensionOf)}}, nil
}

func (a *api) listSuspensions(ctx context.Context, _ *struct{}) (*output[Suspensions], error) {
	rules, err := a.admins.Rules(ctx)
	return answerSuspensions(rules.Suspended, err)
}

func (a *api) suspend(ctx context.Context, in *suspendInput) (*output[Suspensions], error) {
	return answerSuspensions(a.admins.Suspend(ctx, administratorOf(ctx), in.Body.Subject))
}

func (a *api) liftSuspension(ctx context.Context, in *suspendInput) (*output[Suspensions], error) {
	return answerSuspensions(a.admins.Lift(ctx, administratorOf(ctx), in.Body.Subject))
}
