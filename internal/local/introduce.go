package main

import (
	"fmt"
	"io"
	"strings"

	"lethe/internal/local/demo"
	"lethe/internal/template"
)

// introduce prints what runs where and what to try.
func (s *system) introduce(output io.Writer) {
	fmt.Fprintf(output, "\nLethe runs at %s\n\nOpen that in a browser: it is the dashboard. The API is described at %s/docs\n\n", s.BaseURL, s.BaseURL)
	fmt.Fprintf(output, "  %s\n  %s\n  %-9s %s\n", s.dynamoDB, s.sqs, "sign-in", s.signIn())
	for _, f := range s.functions {
		fmt.Fprintf(output, "  %-9s function, called by %s\n", f.Name, s.callers(f))
	}
	fmt.Fprintf(output, "  %-9s %s\n\n", "data", s.folder.path)
	s.introduceTokens(output)
	for _, line := range []string{
		`curl -s -H "Authorization: Bearer $TOKEN" -X POST %s/v1/customers -H 'Content-Type: application/json' -d '{"organisation":"Elysium Gardens","email":"ann@elysium.example"}'`,
		`curl -s -H "Authorization: Bearer $TOKEN" '%s/v1/customers?limit=3'`,
		`curl -s %s/openapi.json`,
	} {
		fmt.Fprintf(output, "  "+line+"\n", s.BaseURL)
	}
	fmt.Fprint(output, "\nCtrl-C stops everything.\n\n")
}

// signIn says where administrators sign in.
func (s *system) signIn() string {
	if s.issuer == nil {
		return s.options.Parameters["JwtIssuer"] + ", because of --param JwtIssuer"
	}
	return s.issuer.URL + ", " + s.issuer.process.Name
}

// introduceTokens says how to get a token.
func (s *system) introduceTokens(output io.Writer) {
	if s.issuer != nil {
		fmt.Fprintf(output, "Sign in with a click: choose one of %d demo administrators. A program gets its token with one command.\nTry:\n\n", len(demo.Administrators))
		fmt.Fprintf(output, "  TOKEN=$(curl -s -X POST %s/tokens/%s)\n", s.issuer.URL, demo.Owner)
		return
	}
	fmt.Fprint(output, "Only tokens of that issuer are taken. So there are no demo administrators, and no demo data were loaded.\n")
	if s.options.Parameters["AdminGroup"] == "" {
		fmt.Fprint(output, "On new tables nobody has a permission: name the group of your first administrators with --param AdminGroup=GROUP.\n")
	}
	fmt.Fprint(output, "Try, with an access token of your issuer:\n\n  TOKEN=...\n")
}

// callers returns the names of the function's triggers.
func (s *system) callers(f template.Function) string {
	var all []string
	if len(f.HTTP) > 0 {
		all = append(all, "HTTP")
	}
	for _, event := range f.Queues {
		all = append(all, "queue "+event.Queue)
	}
	for _, event := range f.Streams {
		all = append(all, "the stream of "+event.Table)
	}
	for _, event := range f.Schedules {
		all = append(all, s.pace(event))
	}
	return strings.Join(all, ", ")
}

// pace returns the period of the schedule, as a text.
func (s *system) pace(event template.ScheduleEvent) string {
	switch {
	case !s.options.Schedule:
		return "nothing: schedules are off"
	case s.options.Tick > 0:
		return "a schedule every " + s.options.Tick.String()
	}
	return event.Expression
}
