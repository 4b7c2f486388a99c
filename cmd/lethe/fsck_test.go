package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/fsck"
	"lethe/internal/sim"
)

// asCommand is the environment variable that makes the test binary run the command.
const asCommand = "LETHE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// lethe runs the command in a new process.
func lethe(t *testing.T, input string, args ...string) (exit int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1", "AWS_ACCESS_KEY_ID=", "AWS_REGION=", "AWS_PROFILE=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func TestFsckAsAProcess(t *testing.T) {
	w := sim.NewWorld(t, customer.Settings{Retention: customer.Never})
	service := w.Service(w.Config)
	if _, err := service.Create(t.Context(), "styx", customer.Profile{Organisation: "Styx Ferries", Email: "charon@styx.example"}, customer.Change{By: "test"}); err != nil {
		t.Fatal(err)
	}
	where := []string{"--table", w.Name, "--ledger", w.Ledger, "--endpoint", *w.Config.BaseEndpoint, "--settle", "0", "--grace", "PT1H"}
	fsckIt := func(want int, more ...string) string {
		t.Helper()
		exit, out, errs := lethe(t, "no\n", append(append([]string{"fsck"}, where...), more...)...)
		if exit != want {
			t.Fatalf("ends with %d, want %d: %s%s", exit, want, out, errs)
		}
		return out
	}
	if out := fsckIt(exitClean); !strings.Contains(out, "0 findings, 0 repaired.") || !strings.Contains(out, "read units") {
		t.Errorf("of clean tables it says %q", out)
	}
	claim := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "E#charon@styx.example"}, "sk": &types.AttributeValueMemberS{Value: "#"}}
	if _, err := dynamodb.NewFromConfig(w.Config).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &w.Name, Key: claim}); err != nil {
		t.Fatal(err)
	}
	if out := fsckIt(exitFindings, "--rate", "5000"); !strings.Contains(out, "CLAIM_MISSING") || !strings.Contains(out, "(customer styx)") || strings.Contains(out, "charon") {
		t.Errorf("of a claim that is gone it says %q", out)
	}
	fsckIt(exitFailed, "--repair") // answered with no
	var said struct {
		Findings []fsck.Finding
		Report   fsck.Report
	}
	if err := json.Unmarshal([]byte(fsckIt(exitFindings, "--json")), &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Findings) != 1 || said.Findings[0].Rule != fsck.ClaimMissing || !said.Findings[0].Repairable || said.Report.ByRule[fsck.ClaimMissing] != 1 {
		t.Errorf("as JSON it says %+v", said)
	}
	if out := fsckIt(exitClean, "--repair", "--yes"); !strings.Contains(out, "1 findings, 1 repaired.") {
		t.Errorf("of a repair it says %q", out)
	}
	fsckIt(exitClean, "--repair", "--yes")
	fsckIt(exitFailed, "--table", "no-such-table")
}

func TestFsckFindsTheLocalSystem(t *testing.T) {
	w := sim.NewWorld(t, customer.Settings{})
	dir := t.TempDir()
	running, err := json.Marshal(map[string]string{"dynamodb": *w.Config.BaseEndpoint, "table": w.Name, "ledger": w.Ledger})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "running.json"), running, 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, out, errs := lethe(t, "", "fsck", "--local", "--dir", dir); exit != exitClean {
		t.Errorf("ends with %d: %s%s", exit, out, errs)
	}
	if exit, _, errs := lethe(t, "", "fsck", "--local", "--dir", t.TempDir()); exit != exitFailed || !strings.Contains(errs, "make run") {
		t.Errorf("without a system it ends with %d: %s", exit, errs)
	}
}

func TestCommandLine(t *testing.T) {
	for _, tt := range []struct {
		args []string
		exit int
		says string
	}{
		{nil, exitFailed, "Commands:"},
		{[]string{"--help"}, exitClean, "fsck"},
		{[]string{"sharpen"}, exitFailed, `unknown command "sharpen"`},
		{[]string{"fsck", "--help"}, exitClean, "--repair"},
		{[]string{"fsck"}, exitFailed, "--table"},
		{[]string{"fsck", "--local", "now"}, exitFailed, `"now" is not an option`},
		{[]string{"fsck", "--local", "--segments", "0"}, exitFailed, "--segments"},
		{[]string{"fsck", "--local", "--grace", "never"}, exitFailed, "--grace"},
		{[]string{"fsck", "--local", "--grace", "soon"}, exitFailed, "period"},
	} {
		exit, out, errs := lethe(t, "", tt.args...)
		said, silent := errs, out
		if exit == exitClean { // help that was asked for
			said, silent = out, errs
		}
		if exit != tt.exit || !strings.Contains(said, tt.says) || silent != "" {
			t.Errorf("lethe %q ends with %d and says %q, %q", tt.args, exit, out, errs)
		}
	}
}
