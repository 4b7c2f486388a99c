package main

import (
	"bytes"
	"errors"
	"flag"
	"net"
	"strconv"
	"strings"
	"testing"

	"lethe/internal/engine"
)

func TestMistakesOfTheCommandLineAreNamed(t *testing.T) {
	t.Parallel()
	const remedy = `; see all options with make run ARGS="--help"`
	for want, args := range map[string][]string{
		`flag provided but not defined: -prot`: {"--prot", "9000"},
		`"9000" is not an option`:              {"9000"},
		`invalid value "2" for flag -tick: write a number and a unit, such as 2s or 1m30s`:               {"--tick", "2"},
		`invalid value "x" for flag -port: parse error`:                                                  {"--port", "x"},
		`--param JwtAudience needs --param JwtIssuer=https://…: the sign-in of this machine has its own`: {"--param", "JwtAudience=x"},
		`"Retention" has no =; write Name=value, such as Retention=`:                                     {"--param", "Retention"},
	} {
		var shown bytes.Buffer
		_, err := parse(args, &shown)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), remedy) || shown.Len() > 0 {
			t.Errorf("%q is refused with %v, and shows %q; want %s…%s", args, err, &shown, want, remedy)
		}
	}
}

func TestHelpNamesTheEngines(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	if _, err := parse([]string{"--help"}, &shown); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("asked for help: %v, want %v", err, flag.ErrHelp)
	}
	for _, want := range []string{"Usage: make run", "-engine engine", `(default "auto")`, "AWS_ENDPOINT_URL_SQS", string(engine.Dynoxide), string(engine.DynamoDBLocal)} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the help lacks %s:\n%s", want, &shown)
		}
	}
}

func TestEngineIsChosen(t *testing.T) {
	t.Parallel()
	for want, args := range map[engine.Kind][]string{engine.Automatic: nil, engine.DynamoDBLocal: {"--engine", "dynamodb-local"}} {
		if o, err := parse(args, &bytes.Buffer{}); err != nil || o.Engine != want {
			t.Errorf("with %q the engine is %q, %v; want %q", args, o.Engine, err, want)
		}
	}
}

func TestWhatIsInUseIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = openFolder(dir)
	wantMessage(t, err, `a system runs in the folder `+dir+`; run this one in another: make run ARGS="--dir FOLDER"`)
	first.close()
	second, err := openFolder(dir)
	if err != nil {
		t.Fatalf("the folder is free again, but: %v", err)
	}
	second.close()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	wantMessage(t, (&system{}).listen(port), `port `+strconv.Itoa(port)+` is in use by another program; take any free one: make run ARGS="--port 0"`)
}

func wantMessage(t *testing.T, err error, beginning string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), beginning) {
		t.Errorf("the error is %v, want %s…", err, beginning)
	}
}
