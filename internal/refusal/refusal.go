// Package refusal defines the codes of refusals.
//
// A refusal is an error with a code: the rules don't allow the request. Client programs depend on the
// code. It is stable, and the same in responses of the API, outcomes of operations and results of
// imports. An error without a code is a fault: the request may be allowed, and can be repeated.
//
// To add a refusal, add its code to codes.go, and define an error with it in the package of the rule,
// either by [New] or as a type with a method Code. Package web defines how the API presents it.
package refusal

import "errors"

// Code identifies a refusal.
type Code string

// Error is an error with a code.
type Error interface {
	error

	Code() Code
}

// New returns a refusal with a code and a text.
func New(code Code, text string) error { return &plain{code, text} }

// CodeOf returns the code of the first refusal in an error chain. ok is false if err is nil or a fault.
func CodeOf(err error) (code Code, ok bool) {
	var refused Error
	if !errors.As(err, &refused) {
		return "", false
	}
	return refused.Code(), true
}

type plain struct {
	code Code
	text string
}

func (p *plain) Error() string { return p.text }

func (p *plain) Code() Code { return p.code }
