// Package admin has the rules of what administrators may do: permissions, suspensions, and what needs a second
// administrator.
//
// It knows neither AWS nor HTTP. Who signs in is known to the deployment's own identity provider: a token names the
// groups of an administrator, and the [Rules] say what a group may do.
package admin
