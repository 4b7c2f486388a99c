package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// setUpHuma sets what huma keeps as variables of its package, before the first API
// is made and never again.
var setUpHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return refuse(nil, status, message, errs...)
	}
	huma.NewErrorWithContext = refuse
})

// jsonFormat reads JSON and takes bad UTF-8 and lone surrogates for what they are, where
// encoding/json would put in replacement characters.
var jsonFormat = huma.Format{
	Marshal:   func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
	Unmarshal: unmarshal,
}

var errUTF8 = errors.New("is not valid UTF-8")

func unmarshal(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errUTF8
	}
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	if loneSurrogate(data) {
		return errSurrogate
	}
	return nil
}

// refuse turns what huma finds wrong with a request into a Problem.
func refuse(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	p := &Problem{}
	if ctx != nil {
		p = problemTypeFor(status, message).problem(ctx.Context())
	}
	for _, err := range errs {
		p.Errors = append(p.Errors, fieldProblem(err))
	}
	if p.Status >= http.StatusInternalServerError {
		p.Errors = nil
	}
	return p
}

func problemTypeFor(status int, message string) *problemType {
	switch {
	case status == http.StatusBadRequest, strings.HasPrefix(message, "cannot read request body"):
		return malformed
	case status == http.StatusRequestTimeout:
		return bodyTimeout
	case status == http.StatusRequestEntityTooLarge:
		return tooLarge
	case status == http.StatusUnsupportedMediaType:
		return unsupported
	case status == http.StatusUnprocessableEntity:
		return invalid
	}
	return internal
}

// fieldProblem drops the value: it may be personal, and it may be large.
func fieldProblem(err error) FieldProblem {
	var d huma.ErrorDetailer
	if !errors.As(err, &d) {
		return FieldProblem{Problem: err.Error()}
	}
	detail := d.ErrorDetail()
	return FieldProblem{Field: strings.TrimPrefix(detail.Location, "body."), Problem: detail.Message}
}
