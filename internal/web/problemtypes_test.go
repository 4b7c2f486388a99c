package web

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/imports"
)

// constantsOf reads the constants of a type from the file that declares them.
func constantsOf(t *testing.T, file, of string) []string {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for node := range ast.Preorder(source) {
		constant, ok := node.(*ast.ValueSpec)
		if !ok || !isType(constant.Type, of) {
			continue
		}
		value, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	return values
}

func isType(expression ast.Expr, name string) bool {
	ident, ok := expression.(*ast.Ident)
	return ok && ident.Name == name
}

func TestEveryCodeOfTheRulesIsPresented(t *testing.T) {
	presented := itemCodes()
	for _, p := range problemTypes {
		presented = append(presented, string(p.code))
	}
	codes := constantsOf(t, "../refusal/codes.go", "Code")
	if len(codes) < 26 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	for i, code := range codes {
		if !slices.Contains(presented, code) {
			t.Errorf("%s is neither in the table of problem types nor in the table of item codes", code)
		}
		if slices.Contains(codes[:i], code) {
			t.Errorf("%s is there twice", code)
		}
	}
}

// TestEveryProblemTypeIsUsed compares the table with what the routes document.
func TestEveryProblemTypeIsUsed(t *testing.T) {
	want := map[string]bool{}
	for _, p := range problemTypes {
		want[p.Error()] = p != noRoute && p != methodNotAllowed // these are answered where there is no route
	}
	documented := map[string]bool{}
	newAPI(t).each(func(_, _ string, op *huma.Operation) {
		for _, r := range op.Responses {
			if r.Content["application/problem+json"] == nil {
				continue
			}
			for line := range strings.SplitSeq(r.Description, "\n\n") {
				documented[line] = true
			}
		}
	})
	for text, routed := range want {
		if routed && !documented[text] {
			t.Errorf("no route answers %s", text)
		}
	}
	for text := range documented {
		if !want[text] {
			t.Errorf("a route answers what is not in the table: %s", text)
		}
	}
}

func TestAProblemTypeIsWhole(t *testing.T) {
	titles := map[string]string{}
	for _, p := range problemTypes {
		code := string(p.code)
		if title, ok := titles[code]; ok && title != p.title {
			t.Errorf("%s means %q and %q", code, title, p.title)
		}
		titles[code] = p.title
		if !regexp.MustCompile(`^[A-Z_]+$`).MatchString(code) || p.title == "" || p.detail == "" || p.status < 400 {
			t.Errorf("%+v", p)
		}
	}
}

// TestErrorsHaveTheirProblems compares the answer to every error that a handler can get with the one that clients know.
func TestErrorsHaveTheirProblems(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{customer.ErrNotFound, "404 NOT_FOUND"},
		{customer.ErrNoRecord, "404 RECORD_NOT_FOUND"},
		{customer.ErrNoParent, "422 NO_PARENT"},
		{customer.ErrExists, "409 EXISTS"},
		{customer.ErrVersion, "412 VERSION_MISMATCH"},
		{customer.ErrInTrash, "409 IN_TRASH"},
		{hideInTrash(customer.ErrInTrash), "404 IN_TRASH"},
		{customer.ErrNotDeleted, "409 NOT_DELETED"},
		{customer.ErrPurgeStarted, "409 PURGE_STARTED"},
		{customer.ErrCursor, "400 BAD_CURSOR"},
		{customer.ErrConfirm, "422 CONFIRMATION_REQUIRED"},
		{&customer.DependentsError{}, "409 HAS_DEPENDENTS"},
		{&customer.HoldError{}, "409 ON_HOLD"},
		{&customer.EmailTakenError{}, "409 EMAIL_TAKEN"},
		{&customer.PurgedError{}, "410 PURGED"},
		{&customer.ReplayError{}, "422 IDEMPOTENCY_KEY_REUSED"},
		{&customer.InvalidError{}, "422 INVALID"},
		{&imports.UnreadableError{}, "400 MALFORMED"},
		{brokenBody, "400 MALFORMED"},
		{bulk.ErrNotFound, "404 NO_OPERATION"},
		{bulk.ErrPlanning, "409 PLANNING"},
		{bulk.ErrStale, "409 PLAN_STALE"},
		{bulk.ErrOutdated, "409 PLAN_STALE"},
		{bulk.ErrRunning, "409 OPERATION_RUNNING"},
		{bulk.ErrVersion, "409 OPERATION_RUNNING"},
		{bulk.ErrEnded, "409 OPERATION_ENDED"},
		{bulk.ErrExpired, "410 PLAN_EXPIRED"},
		{bulk.ErrConfirm, "422 ACKNOWLEDGEMENT_REQUIRED"},
		{bulk.ErrReused, "422 IDEMPOTENCY_KEY_REUSED"},
		{bulk.ErrCursor, "400 BAD_CURSOR"},
		{&bulk.RefusedError{}, "409 PLAN_BLOCKED"},
		{fileTooLarge, "413 TOO_LARGE"},
		{context.DeadlineExceeded, "503 UNAVAILABLE"},
		{context.Canceled, "503 UNAVAILABLE"},
		{customer.ErrBusy, "503 BUSY"},
		{customer.ErrFull, "507 DISK_FULL"},
		{errors.Join(customer.ErrNotDeleted, context.Canceled), "409 NOT_DELETED"}, // what the rules say comes first
		{customer.ErrUnchanged, "500 INTERNAL"},                                    // nobody is told of it
		{errors.New("connection reset"), "500 INTERNAL"},
	} {
		p := translate(t.Context(), fmt.Errorf("wrapped: %w", tt.err))
		if got := fmt.Sprintf("%d %s", p.Status, p.Code); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, got, tt.want)
		}
	}
	for err, want := range map[error]string{brokenBody: brokenBody.detail, bulk.ErrStale: planStale.detail, bulk.ErrOutdated: planOutdated.detail, fileTooLarge: fileTooLarge.detail} {
		if p := translate(t.Context(), err); p.Detail != want {
			t.Errorf("%v: %q, want %q", err, p.Detail, want)
		}
	}
}
