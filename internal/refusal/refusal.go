// Package refusal names why the rules refuse something.
//
// A refusal is an error with a code. Programs go by the code: it is the same in the answers of the API,
// in the outcomes of operations and in the results of imports, and it stays the same. An error without
// a code is no refusal but a fault: what was asked for may be possible, and can be tried again.
//
// To add a refusal, add its code to codes.go and make an error with it, by [New] or as a type with a
// method Code, where the rule is. Package web says how the API presents it.
package refusal

import "errors"

// Code names a refusal.
type Code string

// Error is what errors with a code have.
type Error interface {
	error

	Code() Code
}

// New makes a refusal that says nothing beside its code and a text.
func New(code Code, text string) error { return &plain{code, text} }

// CodeOf finds the code of the first refusal in an error chain; ok is false if the error is nil or a fault.
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
