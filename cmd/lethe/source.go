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

// open returns the documents of the certificates, from a file or the API. It first reads the
// ends of the chains from the API: the history must contain them.
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
		return nil, fmt.Errorf("%q is not the address of an API: give a URL such as http://127.0.0.1:8080", o.api)
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

// maxLine is the longest line in bytes, far longer than a certificate.
const maxLine = 1 << 20

// lines iterates over the lines of a reader that are not empty, and closes it.
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

// remote is a client of the API.
type remote struct {
	base   *url.URL
	token  string
	client *http.Client
}

// export iterates over the lines of all parts of the export.
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

// get requests a path, and again after an error that may be temporary. It returns the body and the
// path in the Link header.
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

var errLink = errors.New("the Link header of the answer does not lead to this API")

// following returns the path in a Link header. Only paths of this API are followed, because the
// requests carry the token.
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
