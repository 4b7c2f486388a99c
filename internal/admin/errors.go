package admin

import (
	"strings"

	"lethe/internal/refusal"
)

// The refusals.
var (
	ErrOwnApproval = refusal.New(refusal.OwnApproval, "the second administrator is the one who proposed the change")
	ErrNotWaiting  = refusal.New(refusal.NotWaiting, "no change of the rules is proposed")
	ErrSuspended   = refusal.New(refusal.Suspended, "the administrator is suspended")
	ErrVersion     = refusal.New(refusal.VersionMismatch, "the access rules have changed since they were read")
)

// InvalidError says which fields break the rules of access.
type InvalidError struct{ Fields []Field }

// Field is a wrong field.
type Field struct {
	Field   string // its path, such as groups[2].permissions[0]
	Problem string // what is wrong and what to do; it follows the path in a sentence
}

func (e *InvalidError) Error() string {
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = f.Field + " " + f.Problem
	}
	return strings.Join(texts, "; ")
}

// Code returns the code of the refusal.
func (*InvalidError) Code() refusal.Code { return refusal.Invalid }

func invalid(field, problem string) error { return &InvalidError{[]Field{{field, problem}}} }
