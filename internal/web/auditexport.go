package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

// maxExportDays is how many days an export of the audit log may have: each takes a request to every shard, also an empty one.
const maxExportDays = 31

type exportAuditInput struct {
	From   string `query:"from" format:"date" doc:"The first day, in UTC. If left out, the last one." example:"2026-11-01"`
	To     string `query:"to" format:"date" doc:"The last day, in UTC. If left out, today." example:"2026-11-30"`
	Format string `query:"format" enum:"csv,ndjson" default:"csv" doc:"CSV, or NDJSON with one entry in each line."`
	Lines  int    `query:"lines" default:"5000" minimum:"1" maximum:"5000" doc:"The largest number of entries in the answer."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"From the Link header of the previous part. Leave it out for the first part."`
}

// days returns the range of days that is asked for.
func (in exportAuditInput) days(today customer.Day) (first, last customer.Day, err error) {
	return dayRange(in.From, in.To, today, 1, maxExportDays)
}

// exportPlace is where a part of an export begins: on a day, and there at a cursor.
type exportPlace struct {
	day    customer.Day
	cursor string
}

// place returns where the part begins. It is [customer.ErrCursor] if that is not in the range of days.
func (in exportAuditInput) place(first, last customer.Day) (exportPlace, error) {
	if in.Cursor == "" {
		return exportPlace{day: first}, nil
	}
	text, cursor, _ := strings.Cut(in.Cursor, ".")
	day, err := customer.ParseDay(text)
	if err != nil || day < first || day > last {
		return exportPlace{}, customer.ErrCursor
	}
	return exportPlace{day, cursor}, nil
}

// next returns the Link header to the next part, which begins at a place.
func (in exportAuditInput) next(first, last customer.Day, at exportPlace) string {
	if at.day > last {
		return ""
	}
	query := url.Values{
		"from": {string(first)}, "to": {string(last)}, "format": {in.Format}, "lines": {strconv.Itoa(in.Lines)},
		"cursor": {string(at.day) + "." + at.cursor},
	}
	return fmt.Sprintf(`</v1/audit/export?%s>; rel="next"`, query.Encode())
}

func (a *api) exportAudit(ctx context.Context, in *exportAuditInput) (*exportOutput, error) {
	first, last, err := in.days(customer.DayOf(a.svc.Now()))
	if err != nil {
		return nil, err
	}
	at, err := in.place(first, last)
	if err != nil {
		return nil, err
	}
	file := newAuditFile(in.Format)
	for left := in.Lines; left > 0 && at.day <= last && file.body.Len() < exportBytes; {
		page, err := a.svc.Audit.EntriesByDay(ctx, audit.Query{Day: string(at.day), OldestFirst: true, Limit: min(left, exportPage), Cursor: at.cursor})
		if err != nil {
			return nil, err
		}
		file.add(documents(page.Entries, logEntryOf))
		left -= len(page.Entries)
		if at.cursor = page.Cursor; at.cursor == "" {
			at.day = at.day.Plus(1)
		}
	}
	if err := a.logged(ctx, audit.AuditExported, audit.Entry{Subject: string(first) + "/" + string(last)}); err != nil {
		return nil, err
	}
	return &exportOutput{
		ContentType: file.contentType, Disposition: fmt.Sprintf(`attachment; filename="audit-%s-%s.%s"`, first, last, in.Format),
		Link: in.next(first, last, at), Body: file.body.Bytes(),
	}, nil
}

// auditFile writes entries as CSV or NDJSON, to memory: no write fails.
type auditFile struct {
	body        *bytes.Buffer
	contentType string
	add         func([]LogEntry)
}

func newAuditFile(format string) auditFile {
	f := auditFile{body: &bytes.Buffer{}}
	if format == "ndjson" {
		lines := json.NewEncoder(f.body)
		lines.SetEscapeHTML(false)
		f.contentType = typeNDJSON
		f.add = func(entries []LogEntry) {
			for _, e := range entries {
				_ = lines.Encode(e)
			}
		}
		return f
	}
	table := csv.NewWriter(f.body)
	_ = table.Write([]string{"time", "by", "approvedBy", "action", "customer", "operation", "reason", "reasonCode", "subject", "fields", "requestId"})
	table.Flush()
	f.contentType = typeCSV + "; charset=utf-8"
	f.add = func(entries []LogEntry) {
		for _, e := range entries {
			_ = table.Write(e.cells())
		}
		table.Flush()
	}
	return f
}

func (e LogEntry) cells() []string {
	cells := []string{
		e.Time.Format(time.RFC3339Nano), e.By, e.ApprovedBy, e.Action, e.Customer, e.Operation, e.Reason, e.ReasonCode, e.Subject,
		strings.Join(e.Fields, " "), e.RequestID,
	}
	for i := range cells {
		cells[i] = inertCell(cells[i])
	}
	return cells
}
