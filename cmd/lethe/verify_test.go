package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lethe/internal/ledger"
)

// chronicle returns a history of n certificates, chain by chain.
func chronicle(t *testing.T, n int) (certs []ledger.Certificate) {
	t.Helper()
	last := map[int]ledger.Certificate{}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range n {
		id := fmt.Sprintf("customer-%d", i)
		chain := ledger.ChainOf(id)
		before, ok := last[chain]
		c := ledger.Certificate{
			Format: ledger.Format, Chain: chain, Seq: before.Seq + 1, Previous: before.Hash, Customer: id, DeletionID: "g",
			DeletedAt: at, DeletedBy: "ann", PurgedAt: at, PurgedBy: "schedule",
			Policies: map[string]string{}, Erased: map[string]int64{"ticket": 1}, Retained: map[string]int64{},
		}
		if !ok {
			c.Previous = ledger.Origin
		}
		var err error
		if c.Hash, err = c.Sum(); err != nil {
			t.Fatal(err)
		}
		last[chain] = c
		certs = append(certs, c)
	}
	slices.SortStableFunc(certs, func(a, b ledger.Certificate) int { return a.Chain - b.Chain })
	return certs
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, certs []ledger.Certificate) (file string) {
	t.Helper()
	var lines bytes.Buffer
	for _, c := range certs {
		fmt.Fprintln(&lines, encode(t, c))
	}
	file = filepath.Join(t.TempDir(), "certificates.ndjson")
	if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// inside runs the command in this process.
func inside(t *testing.T, args ...string) (code int, out, diagnostics string) {
	t.Helper()
	var o, d bytes.Buffer
	code = run(t.Context(), args, stdio{out: &o, err: &d})
	return code, o.String(), d.String()
}

func wants(t *testing.T, code int, says string, args ...string) string {
	t.Helper()
	got, out, diagnostics := inside(t, args...)
	if got != code || !strings.Contains(out+diagnostics, says) {
		t.Errorf("lethe %v: exit code %d, want %d saying %q:\n%s%s", args, got, code, says, out, diagnostics)
	}
	return out
}

func TestVerifyAFile(t *testing.T) {
	certs := chronicle(t, 200)
	whole := write(t, certs)
	saved := filepath.Join(t.TempDir(), "saved.json")
	wants(t, 0, "OK: 200 certificates", "verify", whole)
	wants(t, 0, "OK: 200 certificates", "verify", "--save-checkpoint", saved, whole)
	wants(t, 0, "OK: 200 certificates", "verify", whole, "--checkpoint", saved)

	last := certs[len(certs)-1]
	cut := write(t, certs[:len(certs)-1])
	wants(t, 0, "OK: 199 certificates", "verify", cut)
	wants(t, 1, fmt.Sprintf("chain %d, seq %d: rolled back", last.Chain, last.Seq), "verify", cut, "--checkpoint="+saved)

	altered := slices.Clone(certs)
	altered[100].PurgedBy = "nobody"
	place := fmt.Sprintf("chain %d, seq %d, customer %s: altered", altered[100].Chain, altered[100].Seq, altered[100].Customer)
	before, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	wants(t, 1, place, "verify", write(t, altered), "--save-checkpoint", saved)
	if after, err := os.ReadFile(saved); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the checkpoint of a broken history was saved: %s, %v", after, err)
	}
	var answer struct {
		OK           bool
		Certificates int
		Broken       int
		Findings     []ledger.Finding
	}
	out := wants(t, 1, "", "verify", write(t, slices.Delete(slices.Clone(certs), 50, 51)), "--json")
	if err := json.Unmarshal([]byte(out), &answer); err != nil || answer.OK || answer.Certificates != 199 || answer.Broken != 1 ||
		answer.Findings[0].Problem != ledger.Missing || answer.Findings[0].Seq != certs[50].Seq {
		t.Errorf("%s, %v", out, err)
	}
	out = wants(t, 0, "", "verify", "--json", whole)
	if err := json.Unmarshal([]byte(out), &answer); err != nil || !answer.OK || len(answer.Findings) != 0 {
		t.Errorf("%s, %v", out, err)
	}
}

func TestVerifyThatCannot(t *testing.T) {
	t.Parallel()
	file := write(t, chronicle(t, 3))
	long := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(long, bytes.Repeat([]byte("x"), maxLine+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		code int
		says string
		args []string
	}{
		{2, "Usage", nil},
		{2, "Usage", []string{"forget"}},
		{0, "Usage", []string{"--help"}},
		{0, "Exit code", []string{"verify", "--help"}},
		{2, "give either --api or a file", []string{"verify"}},
		{2, "give either --api or a file", []string{"verify", "--api", "http://127.0.0.1", file}},
		{2, "got two files", []string{"verify", file, file}},
		{2, "not defined", []string{"verify", "--fast", file}},
		{2, "no such file", []string{"verify", file + "x"}},
		{2, "no such file", []string{"verify", file, "--checkpoint", file + "x"}},
		{2, "is not a checkpoint", []string{"verify", file, "--checkpoint", file}},
		{2, "no such file", []string{"verify", file, "--save-checkpoint", filepath.Join(file+"x", "y")}},
		{2, "is not the address of an API", []string{"verify", "--api", "lethe.example"}},
		{2, "too long", []string{"verify", long}},
	} {
		wants(t, tt.code, tt.says, tt.args...)
	}
	if err := os.WriteFile(long, []byte("\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, 1, "unreadable", "verify", long)
}

// exporter is an API with a history. It requires a token, and some of its requests fail.
type exporter struct {
	certs  []ledger.Certificate
	heads  []ledger.Head
	failed bool
	link   string // in place of the right one
}

func (e *exporter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const part = 7
	if r.Header.Get("Authorization") != "Bearer secret" {
		http.Error(w, "UNAUTHENTICATED", http.StatusUnauthorized)
		return
	}
	if r.URL.Path == "/v1/checkpoint" {
		_ = json.NewEncoder(w).Encode(ledger.Checkpoint{Heads: e.heads})
		return
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	if from == part && !e.failed {
		e.failed = true
		http.Error(w, "UNAVAILABLE", http.StatusServiceUnavailable)
		return
	}
	to := min(from+part, len(e.certs))
	if to < len(e.certs) {
		link := fmt.Sprintf(`</v1/certificates.ndjson?lines=5000&cursor=%d>; rel="next"`, to)
		if e.link != "" {
			link = e.link
		}
		w.Header().Set("Link", link)
	}
	for _, c := range e.certs[from:to] {
		_ = json.NewEncoder(w).Encode(c)
	}
}

func TestVerifyTheAPI(t *testing.T) {
	e := &exporter{certs: chronicle(t, 30)}
	v := ledger.NewVerifier()
	for _, c := range e.certs {
		v.Add([]byte(encode(t, c)))
	}
	e.heads = v.Heads()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)

	t.Setenv("LETHE_TOKEN", "")
	wants(t, 2, "UNAUTHENTICATED", "verify", "--api", server.URL)
	wants(t, 0, "OK: 30 certificates", "verify", "--api", server.URL+"/", "--token", "secret")
	if !e.failed {
		t.Error("no part failed")
	}
	t.Setenv("LETHE_TOKEN", "secret")
	wants(t, 0, "OK: 30 certificates", "verify", "--api", server.URL)
	for _, link := range []string{`<http://elsewhere.example/v1/x>; rel="next"`, `</docs>; rel="next"`, "x"} {
		e.link = link
		wants(t, 2, "does not lead to this API", "verify", "--api", server.URL)
	}
	e.link = ""
	last := e.certs[len(e.certs)-1]
	e.certs = e.certs[:len(e.certs)-1]
	wants(t, 1, fmt.Sprintf("chain %d, seq %d: rolled back: the chain ends with number %d; the ledger itself", last.Chain, last.Seq, last.Seq-1), "verify", "--api", server.URL)
}
