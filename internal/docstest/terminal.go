package docstest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Terminal is a shell in which the samples of a page are tried, one after the other.
type Terminal struct {
	folder string
	in     io.Writer
	out    *bufio.Reader
	names  []string          // pairs: what a page says, and what it is here
	ids    map[string]string // what a page shows, and what was printed here
}

// patience is how long a question is asked again until the answer is the one that the page shows.
const patience = time.Minute

// preamble lets a sample fail by its refusal where the page shows no answer, and runs lethe as it was built for the test.
const preamble = `
set -E
trap 'failed="$failed$BASH_COMMAND; "' ERR
curl() { command curl $fail "$@"; }
go() { if [ "$1 $2" = "run ./cmd/lethe" ]; then shift 2; "$LETHE_COMMAND" "$@"; else command go "$@"; fi; }
`

// NewTerminal starts a shell in a folder. Names are pairs of what stands in the pages and what it is called here; lethe
// is the path of the built command. Without bash and curl the test is skipped, except in CI.
func NewTerminal(t testing.TB, folder, lethe string, names ...string) *Terminal {
	t.Helper()
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") == "" {
			t.Skipf("there is no %s here", program)
		}
	}
	shell := exec.CommandContext(t.Context(), "bash", "--norc", "--noprofile")
	shell.Dir, shell.Env = folder, append(os.Environ(), "LETHE_COMMAND="+lethe)
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shell.Stdout, shell.Stderr = write, write
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	t.Cleanup(func() {
		_ = in.Close()
		_ = shell.Wait()
		_ = read.Close()
	})
	c := &Terminal{folder: folder, in: in, out: bufio.NewReader(read), names: names, ids: map[string]string{}}
	c.run(t, preamble)
	return c
}

// Try runs a sample. Commands that show no answer must succeed; others must print what the page shows.
func (c *Terminal) Try(t testing.TB, page string, s Sample) {
	t.Helper()
	switch s.Language {
	case "sh":
		output, failed := c.run(t, "fail=--fail-with-body\n"+runnable(s.Text))
		if failed != "" {
			t.Errorf("%s:%d: failed: %s\n%s", page, s.Line, failed, output)
		}
	case "console":
		for _, step := range stepsOf(s) {
			c.try(t, page, step)
		}
	}
}

func (c *Terminal) try(t testing.TB, page string, s step) {
	t.Helper()
	pattern, shown := s.pattern(c.ids)
	for until := time.Now().Add(patience); ; time.Sleep(patience / 240) {
		output, _ := c.run(t, "fail=\n"+s.command)
		if found := pattern.FindStringSubmatch(strings.TrimSuffix(output, "\n")); found != nil {
			for i, id := range shown {
				c.ids[id] = found[i+1]
			}
			return
		}
		if !s.isQuestion() || time.Now().After(until) {
			t.Errorf("%s:%d: %s\nprinted\n%s\nthe page shows\n%s", page, s.line, s.command, output, s.output)
			return
		}
	}
}

// run runs commands, and returns what they print, and which of them failed.
func (c *Terminal) run(t testing.TB, commands string) (output, failed string) {
	t.Helper()
	pairs := slices.Clone(c.names)
	for shown, here := range c.ids {
		pairs = append(pairs, shown, here)
	}
	script := filepath.Join(c.folder, ".sample")
	if err := os.WriteFile(script, []byte(strings.NewReplacer(pairs...).Replace(commands)), 0o600); err != nil {
		t.Fatal(err)
	}
	const end = "\x01"
	if _, err := fmt.Fprintf(c.in, "failed=; . ./.sample </dev/null; printf '\\n%%s%s' \"$failed\"\n", end); err != nil {
		t.Fatal(err)
	}
	text, err := c.out.ReadString(end[0])
	if err != nil {
		t.Fatalf("the shell ended: %v\n%s", err, text)
	}
	text = strings.ReplaceAll(strings.TrimSuffix(text, end), "\r\n", "\n") // of headers
	at := strings.LastIndexByte(text, '\n')
	return text[:at], text[at+1:]
}

// step is a command of a session, and what it prints.
type step struct {
	command, output string
	line            int
}

func stepsOf(s Sample) (steps []step) {
	line := s.Line
	for text := range strings.Lines(s.Text) {
		command, is := strings.CutPrefix(text, "$ ")
		if is {
			steps = append(steps, step{command: strings.TrimSuffix(command, "\n"), line: line})
		} else if len(steps) > 0 {
			steps[len(steps)-1].output += text
		}
		line++
	}
	return steps
}

// isQuestion says whether a command only asks: its answer may come a moment later.
func (s step) isQuestion() bool {
	return strings.HasPrefix(s.command, "curl -s ") && !strings.Contains(s.command, " -X ") && !strings.Contains(s.command, " -d ")
}

var (
	whatDiffers = regexp.MustCompile(`…|\d{4}-\d\d-\d\dT[0-9:.]+Z|\b[0-9a-f]{64}\b|\b[a-z0-9]{26}\b`)
	anyNumber   = regexp.MustCompile(`\d+(\.\d+)?`)
)

// pattern is what the output has to match: as it is shown, but for times, ids and hashes, which differ each time, what is left
// out, and the numbers that lethe counts. Shown are the ids and hashes that are seen for the first time: each is a group.
func (s step) pattern(ids map[string]string) (pattern *regexp.Regexp, shown []string) {
	text := strings.TrimSuffix(s.output, "\n")
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	from := 0
	for _, at := range whatDiffers.FindAllStringIndex(text, -1) {
		b.WriteString(s.literal(text[from:at[0]]))
		differs := text[at[0]:at[1]]
		from = at[1]
		switch here, known := ids[differs]; {
		case differs == "…":
			b.WriteString(`.*?`)
		case strings.HasSuffix(differs, "Z"):
			b.WriteString(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
		case known:
			b.WriteString(regexp.QuoteMeta(here))
		default:
			fmt.Fprintf(&b, `([0-9a-z]{%d})`, len(differs))
			shown = append(shown, differs)
		}
	}
	b.WriteString(s.literal(text[from:]) + `\z`)
	return regexp.MustCompile(b.String()), shown
}

func (s step) literal(text string) string {
	quoted := regexp.QuoteMeta(text)
	if strings.HasPrefix(s.command, "go run ") {
		quoted = anyNumber.ReplaceAllString(strings.ReplaceAll(quoted, `\.`, "."), `[0-9.]+`)
	}
	return quoted
}

// namedOnly are commands that a test can't run: for them another one holds that what they name is there.
var namedOnly = regexp.MustCompile(`^(LETHE_\w+=\S+ )*(make|sam|go test|git) `)

// runnable is a sample without the commands that are only named.
func runnable(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if namedOnly.MatchString(line) {
			line = "\n"
		}
		kept.WriteString(line)
	}
	return kept.String()
}

// Runs says whether a sample has commands to run.
func (s Sample) Runs() bool {
	return s.Language == "console" || s.Language == "sh" && strings.TrimSpace(runnable(s.Text)) != ""
}
