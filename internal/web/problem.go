package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/imports"
	"lethe/internal/ledger"
)

// Problem is the answer to a request that fails: RFC 9457 with a stable code and, after the standard members, those
// that belong to the code.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" doc:"The address of its documentation."`
	Title     string         `json:"title" doc:"A short name of the problem; the same for every problem with this code."`
	Status    int            `json:"status" doc:"The HTTP status code."`
	Detail    string         `json:"detail" doc:"What is wrong, and what to do."`
	Code      string         `json:"code" doc:"The type of the problem, for programs. A code never changes its meaning."`
	RequestID string         `json:"requestId" doc:"The id of the request in the log; the same as the X-Request-Id header."`
	Errors    []FieldProblem `json:"errors,omitempty" doc:"With INVALID and MALFORMED: what is wrong, by field."`

	Blocking    []Blocking          `json:"blocking,omitempty" doc:"With HAS_DEPENDENTS: the records that block the deletion."`
	Holds       []string            `json:"holds,omitempty" doc:"With ON_HOLD: the ids of the legal holds."`
	Owner       *Owner              `json:"owner,omitempty" doc:"With EMAIL_TAKEN: the customer that has the address."`
	Blocked     map[string]int      `json:"blocked,omitempty" doc:"With PLAN_BLOCKED: the number of refused customers, by the code of the refusal."`
	Certificate *ledger.Certificate `json:"certificate,omitempty" doc:"With PURGED: the certificate of the purge."`
	Permission  string              `json:"permission,omitempty" doc:"With FORBIDDEN: the permission that you lack." example:"purge"`
	MaxAge      int                 `json:"maxAge,omitempty" doc:"With STALE_SIGN_IN: the largest age of a sign-in, in seconds." example:"300"`

	retryAfter int    // seconds
	challenge  string // of the WWW-Authenticate header; empty: no header
}

// FieldProblem says what is wrong with one field. It never repeats the value, except an id.
type FieldProblem struct {
	Field   string `json:"field,omitempty" doc:"The field: its path in the body, or query., path. or header. and the name of a parameter. Absent if the request as a whole is wrong." example:"email"`
	Problem string `json:"problem" example:"is not an e-mail address such as ann@example.com"`
}

// Blocking counts the records of one kind that block a deletion.
type Blocking struct {
	Kind  string `json:"kind" example:"invoice"`
	Count int64  `json:"count" example:"3"`
	Href  string `json:"href" format:"uri-reference" doc:"The address of a list of these records."`
}

// Owner is the customer that has the e-mail address of a request or, in an import, that a line is about.
type Owner struct {
	ID    string `json:"id" example:"ALFKI"`
	State string `json:"state" enum:"active,deleted,purging"`
	Links Links  `json:"links"`
}

// problem translates an error, and logs it if it is a fault and not a refusal.
func (a *api) problem(ctx context.Context, err error) *Problem {
	p := translate(ctx, err)
	if p.Status >= http.StatusInternalServerError {
		a.report(ctx, err)
	}
	return p
}

// report logs why a request failed, as a warning if the client can send it again.
func (a *api) report(ctx context.Context, err error) {
	level := slog.LevelError
	if translate(ctx, err).Status == http.StatusServiceUnavailable {
		level = slog.LevelWarn
	}
	req := requestOf(ctx)
	a.log.Log(ctx, level, "request failed", "requestId", req.id, "method", req.method, "route", req.route,
		"customer", req.customer, "error", err)
}

func translate(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	p := problemTypeOf(err).problem(ctx)
	p.explain(ctx, err)
	return p
}

// explain adds the members that belong to the error's code.
func (p *Problem) explain(ctx context.Context, err error) {
	var (
		wrong      *customer.InvalidError
		rules      *admin.InvalidError
		dependents *customer.DependentsError
		hold       *customer.HoldError
		taken      *customer.EmailTakenError
		gone       *customer.PurgedError
		unreadable *imports.UnreadableError
		refused    *bulk.RefusedError
	)
	switch {
	case errors.As(err, &wrong):
		p.Errors = fieldProblems(wrong)
	case errors.As(err, &rules):
		p.Errors = documents(rules.Fields, func(f admin.Field) FieldProblem { return FieldProblem(f) })
	case errors.As(err, &dependents):
		p.Blocking = blocking(requestOf(ctx).customer, dependents.Counts)
	case errors.As(err, &hold):
		p.Holds = hold.Holds
	case errors.As(err, &taken):
		p.Owner, p.Detail = ownerOf(taken.Owner, taken.State), emailTakenDetail(taken.State)
	case errors.As(err, &gone):
		p.Certificate = &gone.Certificate
	case errors.As(err, &unreadable):
		p.Errors = []FieldProblem{{Problem: unreadable.Problem}}
	case errors.As(err, &refused):
		p.Blocked = refused.Codes
	}
}

func (t *problemType) problem(ctx context.Context) *Problem {
	return &Problem{
		Type: t.href(), Title: t.title, Status: t.status, Detail: t.detail, Code: string(t.code),
		RequestID: requestOf(ctx).id, retryAfter: t.retryAfter, challenge: t.challenge,
	}
}

func fieldProblems(err *customer.InvalidError) []FieldProblem {
	problems := make([]FieldProblem, len(err.Fields))
	for i, f := range err.Fields {
		problems[i] = FieldProblem{f.Field, f.Problem}
	}
	return problems
}

func ownerOf(id string, state customer.State) *Owner {
	return &Owner{ID: id, State: string(state), Links: linksOf(id, state)}
}

// emailTakenDetail says what to do about a customer that has the address and is in this state.
func emailTakenDetail(state customer.State) string {
	switch state {
	case customer.Deleted:
		return "A customer in the trash has this e-mail address. Restore that customer, or purge it to free the address."
	case customer.Purging:
		return "A customer that is being purged has this e-mail address. The end of the purge frees the address: send the request again in a moment."
	case customer.Active:
	}
	return emailTaken.detail
}

// Error makes a problem an error that huma writes as it is.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus returns the HTTP status that huma answers with.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns the content type of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders returns the headers of the problem. huma calls it.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.challenge != "" {
		h.Set("WWW-Authenticate", p.challenge)
	}
	return h
}

func (p *Problem) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone, or reads it
}

// send writes the problem from within a huma middleware.
func (p *Problem) send(ctx huma.Context) {
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // the client is gone, or reads it
}
