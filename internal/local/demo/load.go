// Package demo fills a Lethe with fictitious customers: some thousand, with records of all kinds, a few of them
// blocked, on hold, in the trash or purged.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"
)

const (
	atOnce    = 4   // requests
	chunkSize = 400 // lines of a request
)

// Load loads the demo into the Lethe at the base URL, through its HTTP API, and writes its progress to progress. The client acts
// as an administrator who may do everything. It may be stopped and called again: it adds only what is missing. It gives
// permissions to the groups of the demo administrators, adds the demo's kinds to the settings and sets a retention of 30 days.
func Load(ctx context.Context, client *http.Client, baseURL string, progress io.Writer) error {
	data := Generate()
	l := loader{
		api:   api{client: client, base: baseURL},
		meter: newMeter(progress, len(data.Customers)+len(data.Records)+len(data.Fates)),
	}
	defer l.meter.finish()
	if err := l.load(ctx, data); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

type loader struct {
	api   api
	meter *meter
}

// load loads the access rules and the settings, then customers, then records, then fates: records need their customer and their kind, and a
// deleted customer takes no records.
func (l loader) load(ctx context.Context, data Data) error {
	if err := l.setAccess(ctx); err != nil {
		return err
	}
	if err := l.setRetention(ctx, retention); err != nil {
		return err
	}
	if err := importAll(ctx, l, "customers", chunks(data.Customers)); err != nil {
		return err
	}
	if err := importAll(ctx, l, "records", chunks(data.Records)); err != nil {
		return err
	}
	return l.fulfil(ctx, data.Fates)
}

func chunks[T any](things []T) [][]T { return slices.Collect(slices.Chunk(things, chunkSize)) }

// importAll imports chunks, several at a time. Each record changes the counts of its customer, so that the customer with
// records in many chunks is a bottleneck: neighbouring chunks are not sent at once.
func importAll[T any](ctx context.Context, l loader, what string, chunks [][]T) error {
	group, ctx := errgroup.WithContext(ctx)
	each := (len(chunks) + atOnce - 1) / atOnce
	for share := range slices.Chunk(chunks, max(1, each)) {
		group.Go(func() error {
			for _, chunk := range share {
				lines, err := encode(chunk)
				if err == nil {
					err = l.api.importLines(ctx, what, lines)
				}
				if err != nil {
					return err
				}
				l.meter.add(len(chunk))
			}
			return nil
		})
	}
	return group.Wait()
}

// encode writes things as NDJSON.
func encode[T any](things []T) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for _, t := range things {
		if err := encoder.Encode(t); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// fulfil makes the fates happen. A customer's purge time follows from the retention in force at its deletion, so fulfil
// changes the retention in between. Fates with the retention that stays come last.
func (l loader) fulfil(ctx context.Context, fates []Fate) error {
	inForce := retention
	for _, r := range order(fates) {
		if r != inForce {
			if err := l.setRetention(ctx, r); err != nil {
				return err
			}
			inForce = r
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(atOnce)
		for _, f := range fates {
			if f.Retention == r || f.Retention == "" && r == retention {
				group.Go(func() error {
					defer l.meter.add(1)
					return l.bringAbout(ctx, f)
				})
			}
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// order lists the retentions of the fates, the one that stays last.
func order(fates []Fate) []string {
	var list []string
	for _, f := range fates {
		if f.Retention != "" && f.Retention != retention && !slices.Contains(list, f.Retention) {
			list = append(list, f.Retention)
		}
	}
	return append(list, retention)
}

type reason struct {
	Reason string `json:"reason"`
	Code   string `json:"reasonCode,omitempty"`
}

type confirmed struct {
	Confirm string `json:"confirm"`
	Reason  string `json:"reason"`
}

func (l loader) bringAbout(ctx context.Context, f Fate) error {
	path := "/v1/customers/" + f.Customer
	if f.Event == Blocked {
		_, err := l.api.do(ctx, http.MethodPost, path+"/block", reason{Reason: f.Reason})
		return err
	}
	if f.trashed() {
		if _, err := l.api.do(ctx, http.MethodDelete, path, reason{f.Reason, f.code()}, "PURGED", "PURGE_STARTED", "ON_HOLD"); err != nil {
			return err
		}
	}
	switch f.Event {
	case Held, TrashHeld:
		_, err := l.api.do(ctx, http.MethodPut, path+"/holds/"+f.hold(), reason{Reason: f.Reason})
		return err
	case Blocked, Deleted: // already done above
	case Purged:
		_, err := l.api.do(ctx, http.MethodPost, path+"/purge", confirmed{f.Customer, f.Reason}, "PURGED", "PURGE_STARTED")
		return err
	}
	return nil
}
