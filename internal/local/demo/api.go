package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"lethe/internal/clock"
)

// api is the HTTP API of a running Lethe.
type api struct {
	client *http.Client
	base   string
}

const (
	attempts   = 6
	firstPause = 250 * time.Millisecond // doubled after each attempt
)

// answer is an answer of the API.
type answer struct {
	status int
	body   []byte
}

// problem has the fields of a problem document that the demo reads.
type problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (a answer) code() string {
	var p problem
	if json.Unmarshal(a.body, &p) != nil {
		return ""
	}
	return p.Code
}

// call repeats a request while the API answers with a fault of its own (5xx): every
// request of the demo may be repeated.
func (a api) call(ctx context.Context, method, path, contentType string, body []byte) (answer, error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		got, err := a.send(ctx, method, path, contentType, body)
		if err == nil && got.status < 500 && got.status != http.StatusTooManyRequests {
			return got, nil
		}
		if err == nil {
			err = fmt.Errorf("%s %s: %d %s", method, path, got.status, bytes.TrimSpace(got.body))
		}
		if attempt == attempts || ctx.Err() != nil {
			return got, err
		}
		if err := clock.Sleep(ctx, pause); err != nil {
			return got, err
		}
		pause *= 2
	}
}

func (a api) send(ctx context.Context, method, path, contentType string, body []byte) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(a.base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, text}, err
}

// do sends a JSON document. An answer other than success is an error, unless its code is one of the harmless: an earlier
// load has already done the same.
func (a api) do(ctx context.Context, method, path string, document any, harmless ...string) (answer, error) {
	var body []byte
	if document != nil {
		var err error
		if body, err = json.Marshal(document); err != nil {
			return answer{}, err
		}
	}
	got, err := a.call(ctx, method, path, "application/json", body)
	if err != nil || got.status < 300 {
		return got, err
	}
	if slices.Contains(harmless, got.code()) {
		return got, nil
	}
	return got, fmt.Errorf("%s %s: %d %s", method, path, got.status, bytes.TrimSpace(got.body))
}

// outcome has the fields of an import's answer that the demo reads.
type outcome struct {
	Failed         int `json:"failed"`
	MoreErrors     int `json:"moreErrors"`
	ResumeFromLine int `json:"resumeFromLine"`
	Errors         []struct {
		Line    int    `json:"line"`
		Code    string `json:"code"`
		Field   string `json:"field"`
		Problem string `json:"problem"`
	} `json:"errors"`
}

var errMoreErrors = errors.New("more lines failed than the API lists")

// importLines imports lines, in as many requests as the API needs.
func (a api) importLines(ctx context.Context, what string, lines []byte) error {
	path := "/v1/imports/" + what
	for from := 1; from > 0; {
		got, err := a.call(ctx, http.MethodPost, fmt.Sprintf("%s?fromLine=%d", path, from), "application/x-ndjson", lines)
		if err != nil {
			return err
		}
		var out outcome
		if got.status != http.StatusOK {
			return fmt.Errorf("POST %s: %d %s", path, got.status, bytes.TrimSpace(got.body))
		}
		if err := json.Unmarshal(got.body, &out); err != nil {
			return fmt.Errorf("POST %s: %w", path, err)
		}
		if err := out.check(); err != nil {
			return fmt.Errorf("POST %s: %w", path, err)
		}
		from = out.ResumeFromLine
	}
	return nil
}

// check returns an error for a failed line, unless its customer is deleted or purged: an earlier load did that after it had
// imported all of the customer.
func (o outcome) check() error {
	if o.MoreErrors > 0 {
		return fmt.Errorf("%w: %d", errMoreErrors, o.MoreErrors)
	}
	for _, e := range o.Errors {
		switch e.Code {
		case "IN_TRASH", "PURGE_STARTED", "PURGED":
		default:
			return fmt.Errorf("line %d: %s %s %s", e.Line, e.Code, e.Field, e.Problem)
		}
	}
	return nil
}
