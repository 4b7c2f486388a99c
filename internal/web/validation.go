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

// setUpHuma sets the variables of package huma, once, before the first API is made.
var setUpHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	setMessages()
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return refuse(nil, status, message, errs...)
	}
	huma.NewErrorWithContext = refuse
})

// jsonFormat is JSON that refuses bad UTF-8 and lone surrogates. encoding/json replaces them by U+FFFD.
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

// refuse makes a Problem of the errors that huma finds in a request.
func refuse(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	p := &Problem{}
	if ctx != nil {
		p = problemTypeFor(status, message).problem(ctx.Context())
	}
	for _, err := range errs {
		problem, location := fieldProblem(err)
		if ctx != nil {
			nameKnown(&problem, location, requestOf(ctx.Context()).schemas, ctx.Operation())
		}
		p.Errors = append(p.Errors, problem)
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

// fieldProblem returns the problem of an error by huma, and huma's path of the field. It leaves out the value, which
// may be personal or large.
func fieldProblem(err error) (p FieldProblem, location string) {
	var d huma.ErrorDetailer
	if !errors.As(err, &d) {
		return FieldProblem{Problem: err.Error()}, ""
	}
	detail := d.ErrorDetail()
	return FieldProblem{Field: strings.TrimPrefix(detail.Location, "body."), Problem: detail.Message}, detail.Location
}
