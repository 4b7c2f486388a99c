package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"lethe/internal/backoff"
	"lethe/internal/ledger"
)

// open gives the certificates' documents, one after the other. It first asks the API
// for the ends of the chains: the history must lead there.
func (o verifyOptions) open(ctx context.Context, v *ledger.Verifier) (iter.Seq2[[]byte, error], error) {
	if o.api == "" {
		file, err := os.Open(o.file)
		if err != nil {
			return nil, err
		}
		return lines(file), nil
	}
	base, err := url.Parse(strings.TrimSuffix(o.api, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of an API", o.api)
	}
	api := remote{base: base, token: o.token, client: &http.Client{Timeout: time.Minute}}
	body, _, err := api.get(ctx, "/v1/checkpoint")
	if err != nil {
		return nil, err
	}
	var ends ledger.Checkpoint
	if err := json.Unmarshal(body, &ends); err != nil {
		return nil, fmt.Errorf("%s: the checkpoint can't be read: %w", o.api, err)
	}
	return api.export(ctx), v.Expect("the ledger itself", ends)
}

// maxLine is far more than a certificate has.
const maxLine = 1 << 20

// lines reads a document a line, and closes what they come from.
func lines(from io.ReadCloser) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		defer from.Close()
		scanner := bufio.NewScanner(from)
		scanner.Buffer(nil, maxLine)
		for scanner.Scan() {
			if line := bytes.TrimSpace(scanner.Bytes()); len(line) > 0 && !yield(line, nil) {
				return
			}
		}
		if err := scanner.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// remote is the API.
type remote struct {
	base   *url.URL
	token  string
	client *http.Client
}

// export goes through all parts of the export.
func (r remote) export(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for path := "/v1/certificates.ndjson?lines=5000"; path != ""; {
			body, next, err := r.get(ctx, path)
			if err != nil {
				yield(nil, err)
				return
			}
			for line, err := range lines(io.NopCloser(bytes.NewReader(body))) {
				if !yield(line, err) {
					return
				}
			}
			path = next
		}
	}
}

const attempts = 5

var betweenAttempts = backoff.Exponential{First: 2 * time.Second, Max: 8 * time.Second}

// get asks for a path, again if the answer says that it may help, and returns the body
// and the path that the Link header leads to.
func (r remote) get(ctx context.Context, path string) (body []byte, next string, err error) {
	for attempt := 1; ; attempt++ {
		var again bool
		if body, next, again, err = r.try(ctx, path); !again || attempt == attempts {
			return body, next, err
		}
		if err := betweenAttempts.Wait(ctx, attempt); err != nil {
			return nil, "", err
		}
	}
}

func (r remote) try(ctx context.Context, path string) (body []byte, next string, again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base.String()+path, nil)
	if err != nil {
		return nil, "", false, err
	}
	if r.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, "", ctx.Err() == nil, err
	}
	defer response.Body.Close()
	if body, err = io.ReadAll(response.Body); err != nil {
		return nil, "", ctx.Err() == nil, err
	}
	if response.StatusCode != http.StatusOK {
		again = response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
		return nil, "", again, fmt.Errorf("GET %s: %s %s", path, response.Status, bytes.TrimSpace(body[:min(len(body), 500)]))
	}
	next, err = following(response.Header.Get("Link"))
	return body, next, false, err
}

var errLink = errors.New("the Link header leads elsewhere")

// following is the path that a Link header leads to: of this API only, which alone gets the token.
func following(link string) (string, error) {
	if link == "" {
		return "", nil
	}
	target, rest, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	if !ok || !strings.Contains(rest, `rel="next"`) || !strings.HasPrefix(target, "/v1/") {
		return "", errLink
	}
	return target, nil
}
