package web

import (
	"context"
	"net/http"
	"time"

	"lethe/internal/admin"
)

func (a *api) meRoutes() {
	register(a, route{
		id: "get-me", method: http.MethodGet, path: "/v1/me", tag: "Access",
		summary:     "Show who you are and what you may do",
		description: "Shows the subject, the name and the groups of your token, and the permissions that the access rules give to these groups.",
		response:    exampleMe,
	}, a.me)
}

// Me is the administrator who asks.
type Me struct {
	Subject     string   `json:"subject" doc:"The subject of your token: the actor of your changes." example:"auth0|5f7c8ec7c33c6c004bbafe82"`
	Name        string   `json:"name,omitempty" doc:"Absent if your token has no name. Lethe does not store it." example:"Ann Owen"`
	Groups      []string `json:"groups" doc:"Your groups at the identity provider. Names with spaces, commas or brackets are left out: they can't have permissions."`
	Permissions []string `json:"permissions" enum:"customers.read,customers.write,delete,restore,purge,bulk,export,message,impersonate,hold,settings,audit,approve" doc:"What you may do."`

	SignedInAt *time.Time `json:"signedInAt,omitempty" doc:"When you signed in. Absent if your token does not say it."`
	FreshUntil *time.Time `json:"freshUntil,omitempty" doc:"Until when you may do what needs a fresh sign-in. Absent if your sign-in is not fresh."`
}

func (a *api) me(ctx context.Context, _ *struct{}) (*output[Me], error) {
	return &output[Me]{Body: meOf(administratorOf(ctx), a.admins.Now())}, nil
}

func meOf(who admin.Administrator, now time.Time) Me {
	doc := Me{
		Subject: who.Subject, Name: who.Name, Groups: append([]string{}, who.Groups...),
		Permissions: documents(who.Permissions, func(p admin.Permission) string { return string(p) }),
	}
	if !who.SignedIn.IsZero() {
		doc.SignedInAt = new(timeOf(who.SignedIn))
	}
	if who.FreshAt(now) {
		doc.FreshUntil = new(timeOf(who.SignedIn.Add(admin.FreshFor)))
	}
	return doc
}
