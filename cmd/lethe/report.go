package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"lethe/internal/ledger"
)

const (
	progressEvery = 2 * time.Second
	maxFindings   = 10_000 // kept for the JSON; all are counted
)

// report writes findings: as text at once, as JSON at the end.
type report struct {
	out, diagnostics io.Writer
	asJSON           bool
	next             time.Time // of the next progress line
	except           string    // what could not be verified, appended to "nothing is missing or altered"

	OK           bool             `json:"ok"`
	Certificates int64            `json:"certificates"`
	Broken       int              `json:"broken"`
	Findings     []ledger.Finding `json:"findings"`
	Heads        []ledger.Head    `json:"heads"`
}

func (r *report) add(found ...ledger.Finding) {
	for _, f := range found {
		r.Broken++
		if !r.asJSON {
			fmt.Fprintln(r.out, f)
		} else if len(r.Findings) < maxFindings {
			r.Findings = append(r.Findings, f)
		}
	}
}

// progress writes a progress line from time to time.
func (r *report) progress(certificates int64) {
	if certificates%1000 != 0 || time.Now().Before(r.next) {
		return
	}
	r.next = time.Now().Add(progressEvery)
	fmt.Fprintf(r.diagnostics, "%d certificates, %d broken places so far\n", certificates, r.Broken)
}

func (r *report) end(v *ledger.Verifier) error {
	r.OK, r.Certificates, r.Heads = r.Broken == 0, v.Count(), v.Heads()
	if r.asJSON {
		if r.Findings == nil {
			r.Findings = []ledger.Finding{}
		}
		encoder := json.NewEncoder(r.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	verdict := "OK: %d certificates, nothing is missing or altered" + r.except + "\n"
	if !r.OK {
		verdict = "BROKEN: %d certificates, " + fmt.Sprint(r.Broken) + " broken places\n"
	}
	_, err := fmt.Fprintf(r.out, verdict, r.Certificates)
	return err
}
