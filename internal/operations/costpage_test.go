package operations

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/docstest"
)

// priced is a row of the page's table of prices.
type priced struct {
	of             string // the row of the page with what the table counts; empty for the steps of a bulk deletion
	counted, plain int    // entries of the audit log
	messages       int    // in the queue
	each           float64
}

var prices = map[string]priced{
	"delete or restore a customer":              {of: "delete a customer with 0, 10 or 1,000 records", counted: 1, each: 1},
	"block or unblock it, place or lift a hold": {of: "block, unblock", plain: 1, each: 1},
	"add a customer":                            {of: "add a customer with an e-mail address and a phone number, found by 10 search terms", counted: 1, each: 1},
	"add a record":                              {of: "add a record", plain: 1, each: 1},
	"a page of 50":                              {of: "a page of 50 of a list, read from 4 shards", each: 1},
	"purge a customer with 10 records and 11 search terms": {of: "purge a customer with 10 records and 11 search terms", counted: 1, plain: 1, messages: 1, each: 1},
	"delete 1,000 in one operation, each":                  {counted: 1000, messages: 1000 / bulk.MaxSubjects, each: 1000},
}

// TestThePageAddsUpThePrices computes the page's prices from what the table counts and what estimates add.
func TestThePageAddsUpThePrices(t *testing.T) {
	rows := docstest.Rows(docstest.Section(t, "docs/costs.md", "## With the audit log, and in dollars"))
	if len(rows) != len(prices) {
		t.Errorf("the page has %d prices, want %d", len(rows), len(prices))
	}
	for _, row := range rows {
		p, known := prices[row[0]]
		if !known {
			t.Errorf("the page has a price of %q", row[0])
			continue
		}
		if want := p.cells(t); !slices.Equal(row[1:1+len(want)], want) {
			t.Errorf("%s: the page says %q, want %q", row[0], row[1:1+len(want)], want)
		}
	}
}

// cells returns write units in a full batch of the stream and of a change that comes alone, read units, requests and dollars
// for a million, in a full batch.
func (p priced) cells(t *testing.T) []string {
	t.Helper()
	var u bulk.Usage
	for _, row := range p.rows(t) {
		u = u.Plus(bulk.Usage{WriteUnits: number(row[0]), ReadUnits: number(row[1]), Requests: int(number(row[2]))})
	}
	const full = changesBatched
	logging, alone := Logging(full*p.counted, full*p.plain), Logging(p.counted, p.plain)
	write := u.WriteUnits + logging.WriteUnits/full
	requests := float64(u.Requests) + float64(logging.Requests)/full
	invocations := float64(p.messages) + float64(p.counted+p.plain)/full
	dollars := write*WritePrice + u.ReadUnits*ReadPrice + float64(p.messages*messageRequests)*QueuePrice + invocations*InvocationPrice
	return []string{
		short(write / p.each), short((u.WriteUnits + alone.WriteUnits) / p.each), short(u.ReadUnits / p.each), short(requests / p.each),
		fmt.Sprintf("%.2f", dollars/p.each),
	}
}

// rows returns the write units, read units and requests that the price is the sum of.
func (p priced) rows(t *testing.T) (rows [][]string) {
	t.Helper()
	if p.of == "" {
		for _, step := range docstest.Rows(docstest.Section(t, "docs/costs.md", "## What a bulk deletion costs, step by step")) {
			rows = append(rows, []string{step[2], step[3], step[1]})
		}
		return rows
	}
	for _, row := range docstest.Rows(docstest.Section(t, "docs/costs.md", "## What each action costs")) {
		if row[0] == p.of {
			return [][]string{row[1:4]}
		}
	}
	t.Errorf("the page has no row %q", p.of)
	return nil
}

func number(cell string) float64 {
	n, _ := strconv.ParseFloat(strings.ReplaceAll(cell, ",", ""), 64) // an empty cell is 0
	return n
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
