package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/child"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
	"lethe/internal/local/demo"
)

const (
	// manyRecords is enough to interrupt a purge in the middle.
	manyRecords = 3000
	// shortVisibility is the time after which the message of a dead worker comes again.
	shortVisibility = 3 * time.Second
)

// addLarge adds a customer with manyRecords records and deletes it.
func addLarge(t *testing.T, a api, id string) {
	t.Helper()
	a.settle(t, "P30D", kind{"ticket", "cascade"})
	a.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": id, "organisation": "Tantalus Waterworks"}).want(t, http.StatusCreated, "")
	var lines strings.Builder
	for i := range manyRecords {
		fmt.Fprintf(&lines, `{"customer":"%s","key":"ticket~%d","data":{"subject":"thirsty","text":"again"}}`+"\n", id, i)
	}
	if got := a.wholly(t, "/v1/imports/records?dryRun=false", typeNDJSON, []byte(lines.String())); got.Created != manyRecords {
		t.Fatalf("%d records were added, want %d: %+v", got.Created, manyRecords, got.Errors)
	}
	a.do(t, http.MethodDelete, customerPath(id), nil).want(t, http.StatusOK, "")
}

// purgeHalf starts the purge of a customer, and returns when it is under way.
func purgeHalf(t *testing.T, a api, db *dynamodb.Client, id string) {
	t.Helper()
	a.do(t, http.MethodPost, customerPath(id)+"/purge", map[string]any{"confirm": id}).want(t, http.StatusAccepted, "")
	eventually(t, "the first records to go", func() bool { return countRecords(t, db, id) < manyRecords })
}

func wantAllErased(t *testing.T, r *running, id string) {
	t.Helper()
	cert := r.awaitCertificate(t, id)
	if cert.Erased["ticket"] != manyRecords || cert.Residue != 0 {
		t.Errorf("certificate %+v, want %d tickets erased", cert, manyRecords)
	}
	if n := countRecords(t, dynamodb.NewFromConfig(r.dynamoDB.config), id); n != 0 {
		t.Errorf("%d records are left", n)
	}
	r.check(t, templateGrace, "waterworks") // includes that there is one certificate
}

func TestAKilledWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	s := launch(t, func(o *options) { o.Schedule, o.Visibility = false, shortVisibility })
	db := dynamodb.NewFromConfig(s.dynamoDB.config)
	addLarge(t, s.api, "tantalus-1")
	purgeHalf(t, s.api, db, "tantalus-1")
	killed, err := s.host.Kill("work")
	if err != nil || killed == 0 {
		t.Fatalf("killed %d workers, %v", killed, err)
	}
	left := countRecords(t, db, "tantalus-1")
	if left == 0 {
		t.Fatal("the worker was done before it was killed; the test needs more records")
	}
	s.get(t, "/v1/certificates/tantalus-1").want(t, http.StatusNotFound, "PURGE_RUNNING")
	t.Logf("%d workers killed with %d of %d records left", killed, left, manyRecords)
	wantAllErased(t, s, "tantalus-1")
}

// TestASignalEndsAllProcessesAndNoPurge stops the command in the middle of a purge. The next start completes the purge.
func TestASignalEndsAllProcessesAndNoPurge(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("processes are looked for in /proc")
	}
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		if testing.Short() && signal == syscall.SIGKILL {
			continue // the other one shows the same of the next start, and more of the end
		}
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			interrupted(t, dir, signal)
			s := launch(t, func(o *options) { o.Dir, o.Schedule, o.Visibility = dir, false, shortVisibility })
			wantAllErased(t, s, "tantalus-2")
		})
	}
}

func interrupted(t *testing.T, dir string, signal syscall.Signal) {
	t.Helper()
	c := runCommand(t, dir)
	addLarge(t, c.api, "tantalus-2")
	purgeHalf(t, c.api, dynamodb.NewFromConfig(engine.Config(c.dynamoDB)), "tantalus-2")
	family := descendants(t, c.process.Pid())
	if len(family) < 5 { // two engines, issuer, api, work
		t.Fatalf("the command has the processes %v only", family)
	}
	command, err := os.FindProcess(c.process.Pid())
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Signal(signal); err != nil {
		t.Fatal(err)
	}
	<-c.process.Done()
	if err := c.process.Err(); signal == syscall.SIGINT && err != nil {
		t.Errorf("interrupted, the command ended with %v", err)
	}
	for pid, name := range family {
		eventually(t, "the end of "+name, func() bool { return !lives(pid) })
	}
}

// commanded is the command in a process of its own.
type commanded struct {
	api

	process  *child.Process
	dynamoDB string
}

// runCommand starts the command with additional environment variables, and returns when it has printed its addresses.
func runCommand(t *testing.T, dir string, environment ...string) commanded {
	t.Helper()
	o := trial(t)
	cmd := exec.Command(os.Args[0], "--port=0", "--dir="+dir, "--demo=false", "--dashboard=false", "--schedule=off", "--visibility="+shortVisibility.String(),
		"--engine="+string(enginetest.Kind()))
	cmd.Env = append(append(os.Environ(), asCommand+"=1"), environment...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	cmd.Stdout, cmd.Stderr = write, write
	process, err := child.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Kill)
	c := commanded{process: process}
	output := bufio.NewScanner(io.TeeReader(read, o.Output))
	for !c.introduced(output.Text()) {
		if !output.Scan() {
			t.Fatalf("the command ended before it was up: %v", output.Err())
		}
	}
	go func() { // the command's pipe must not fill up
		defer read.Close()
		_, _ = io.Copy(o.Output, read)
	}()
	return c
}

// introduced reads the addresses in a line of output, and reports whether all are known.
func (c *commanded) introduced(line string) bool {
	fields := strings.Fields(line)
	switch {
	case strings.HasPrefix(line, "Lethe runs at "):
		c.base = fields[3]
	case len(fields) > 1 && fields[0] == "DynamoDB":
		c.dynamoDB = strings.TrimSuffix(fields[1], ",")
	case len(fields) > 1 && fields[0] == "sign-in":
		c.client = clientOf(strings.TrimSuffix(fields[1], ","), demo.Owner)
	}
	return c.base != "" && c.dynamoDB != "" && c.client != nil
}

// descendants returns all processes below one, with their names.
func descendants(t *testing.T, ancestor int) map[int]string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	parent, name := map[int]int{}, map[int]string{}
	for _, file := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		if of, called, alive := stat(pid); alive {
			parent[pid], name[pid] = of, called
		}
	}
	family := map[int]string{}
	for pid := range parent {
		for of := parent[pid]; of > 1; of = parent[of] {
			if of == ancestor {
				family[pid] = name[pid]
			}
		}
	}
	return family
}

// stat reads a process's parent and name. A zombie is not alive.
func stat(pid int) (parent int, name string, alive bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, "", false
	}
	end := strings.LastIndex(string(text), ") ")
	fields := strings.Fields(string(text[end+2:]))
	parent, err = strconv.Atoi(fields[1])
	return parent, string(text[:end+1]), err == nil && fields[0] != "Z"
}

func lives(pid int) bool {
	_, _, alive := stat(pid)
	return alive
}
