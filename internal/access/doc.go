// Package access has the rules of who may do what: administrators, their permissions, suspensions, and what needs a
// second administrator.
//
// It knows neither AWS nor HTTP. Who signs in is known to the deployment's own identity provider: a token names the
// groups of an administrator, and the [Rules] say what a group may do.
package access
