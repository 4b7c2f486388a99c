package app

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"golang.org/x/sys/unix"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/deploy"
	"lethe/internal/engine"
	"lethe/internal/template"
)

// TestAFullDiskIsNamed fills the disk of the local engines. A request is answered with 507, a batch of statements
// and the queue return the error, and earlier writes can be read.
func TestAFullDiskIsNamed(t *testing.T) {
	if !mayMount(t) {
		return
	}
	a := appOnDisk(t, smallDisk(t, "4m"))
	add := byAdmin(http.MethodPost, "/v1/customers/A/records")
	add.Headers["content-type"] = "application/json"
	add.Body = `{"kind":"ticket","data":{"text":"` + strings.Repeat("x", 60_000) + `"}}`
	answer, err := a.HTTP(t.Context(), add)
	for range 100 {
		if err != nil || answer.StatusCode != http.StatusCreated {
			break
		}
		answer, err = a.HTTP(t.Context(), add)
	}
	if err != nil || answer.StatusCode != http.StatusInsufficientStorage || !strings.Contains(answer.Body, `"DISK_FULL"`) || !strings.Contains(answer.Body, "disk") {
		t.Errorf("%d %s, %v", answer.StatusCode, answer.Body, err)
	}
	isFull(t, "a small write", func() error { return a.create(t, customer.NewID()) })
	isFull(t, "a statement", func() error {
		c, err := a.service.Get(t.Context(), "A")
		if err != nil {
			t.Fatal(err)
		}
		return a.service.BlockMany(t.Context(), []customer.Seen{c.Seen()}, !c.Blocked, customer.Change{By: "test"})[0]
	})
	isFull(t, "the queue", func() error {
		return a.operations.Queue.EnqueueWork(t.Context(), bulk.Work{Operation: strings.Repeat("x", 100_000)})
	})
}

// isFull repeats a write until it fails.
func isFull(t *testing.T, what string, do func() error) {
	t.Helper()
	for range 1000 {
		if err := do(); err != nil {
			if !errors.Is(err, customer.ErrFull) {
				t.Errorf("%s: %v", what, err)
			}
			return
		}
	}
	t.Errorf("%s never fails", what)
}

func (a *App) create(t *testing.T, id string) error {
	t.Helper()
	_, err := a.service.Create(t.Context(), id, customer.Profile{LastName: "Example"}, customer.Change{By: "test"})
	return err
}

const inNamespace = "LETHE_TEST_MAY_MOUNT"

// mayMount reports whether the test may mount a file system. If not, it runs the test again in new namespaces, where
// it may.
func mayMount(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	output, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.ENOSPC):
		t.Skipf("this machine lets nobody mount a file system: %v", err)
	case err != nil:
		t.Errorf("%v\n%s", err, output)
	}
	return false
}

func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// appOnDisk returns an App with engines that keep their data on the disk, and one customer, A.
func appOnDisk(t *testing.T, disk string) *App {
	t.Helper()
	tables, err := engine.StartDynamoDB(t.Context(), engine.Dynoxide, engine.Options{Dir: filepath.Join(disk, "tables")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tables.Stop)
	queues, err := engine.StartSQS(t.Context(), engine.Options{Dir: filepath.Join(disk, "queues")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(queues.Stop)
	c := Config{
		Table: "Table", Ledger: "Ledger", IndexShards: 4, Region: engine.Region, AccessKeyID: engine.AccessKey, SecretAccessKey: engine.SecretKey,
		DynamoDBURL: tables.Endpoint, SQSURL: queues.Endpoint, QueueURL: deployOn(t, tables, queues),
		PurgeGrace: customer.PeriodOf(time.Hour), AuditRetention: customer.PeriodOf(time.Hour), AdminGroup: adminGroup, GroupsClaim: "groups",
	}
	a := New(c)
	settings := customer.Settings{Retention: customer.PeriodOf(48 * time.Hour), Kinds: []customer.Kind{{Name: "ticket", Policy: customer.Cascade}}}
	if _, err := a.service.UpdateSettings(t.Context(), settings, true, "test"); err != nil {
		t.Fatal(err)
	}
	if err := a.create(t, "A"); err != nil {
		t.Fatal(err)
	}
	return a
}

// deployOn creates the template's tables and a queue, and returns the queue's URL.
func deployOn(t *testing.T, tables, queues *engine.Process) string {
	t.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	declared, err := template.Load(filepath.Join(root, "template.yaml"), map[string]string{"JwtIssuer": "https://issuer.example", "JwtAudience": "lethe"})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range declared.Tables {
		if _, err := deploy.Table(t.Context(), dynamodb.NewFromConfig(engine.Config(tables.Endpoint)), table, table.ID); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", table.ID, err))
		}
	}
	queue, err := sqs.NewFromConfig(engine.Config(queues.Endpoint)).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("work")})
	if err != nil {
		t.Fatal(err)
	}
	return *queue.QueueUrl
}
