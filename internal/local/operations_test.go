package main

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sync/errgroup"
)

const belonging = 50 // records of each customer

// crowdSize is how many customers there are: LETHE_CROWD, for longer runs.
func crowdSize(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("LETHE_CROWD"), "100"))
	if err != nil {
		t.Fatalf("LETHE_CROWD: %v", err)
	}
	return n
}

// operationView is what tests look at of an operation.
type operationView struct {
	ID, State, Digest string
	Impact            struct {
		Customers, Eligible int
		Records             map[string]int
	}
	Progress struct{ Done, Skipped, Failed, Left int }
	Estimate usageView
	Actual   usageView
}

type usageView struct {
	Requests              int
	WriteUnits, ReadUnits float64
}

// TestManyAtOnce deletes, restores, deletes and purges a crowd through the whole system, and counts what that consumes.
func TestManyAtOnce(t *testing.T) {
	crowd := crowdSize(t)
	r := launch(t, func(o *options) { o.Schedule = false })
	r.settle(t, "P30D", kind{"ticket", "cascade"})
	r.bringCrowd(t, crowd)
	everybody := map[string]any{"filter": map[string]any{"state": "active", "search": "crowd"}}

	deleted := r.operate(t, crowd, "delete", everybody)
	t.Logf("delete: estimated %+v, took %+v", deleted.Estimate, deleted.Actual)
	if deleted.Impact.Records["ticket"] != crowd*belonging {
		t.Errorf("the impact counts %v", deleted.Impact.Records)
	}
	if units := deleted.Actual.WriteUnits / float64(crowd); units > 3 {
		t.Errorf("deleting took %v write units a customer", units)
	}
	// Beside one request for 25 customers a worker reads the settings.
	if deleted.Actual.Requests > crowd/25+(crowd+249)/250 {
		t.Errorf("deleting took %d requests", deleted.Actual.Requests)
	}
	restored := r.operate(t, crowd, "undo", map[string]any{"operation": deleted.ID})
	t.Logf("undo: estimated %+v, took %+v", restored.Estimate, restored.Actual)
	r.operate(t, crowd, "delete", everybody)

	purged := r.operate(t, crowd, "purge", map[string]any{"trash": true})
	t.Logf("purge: estimated %+v, took %+v", purged.Estimate, purged.Actual)
	r.check(t, templateGrace)
}

// bringCrowd imports the customers, then their records.
func (r *running) bringCrowd(t *testing.T, crowd int) {
	t.Helper()
	var customers bytes.Buffer
	for i := range crowd {
		fmt.Fprintf(&customers, `{"id":"c%04d","organisation":"Crowd","email":"c%04d@example.com"}`+"\n", i, i)
	}
	r.send(t, http.MethodPost, "/v1/imports/customers", typeNDJSON, customers.Bytes()).want(t, http.StatusOK, "")
	group := errgroup.Group{}
	group.SetLimit(4)
	for from := 0; from < crowd; from += 50 {
		group.Go(func() error {
			r.send(t, http.MethodPost, "/v1/imports/records", typeNDJSON, recordsOf(from, min(from+50, crowd))).want(t, http.StatusOK, "")
			return nil
		})
	}
	_ = group.Wait()
}

func recordsOf(from, to int) []byte {
	var lines bytes.Buffer
	for i := from; i < to; i++ {
		for n := range belonging {
			fmt.Fprintf(&lines, `{"customer":"c%04d","key":"ticket~%d","data":{"text":"help"}}`+"\n", i, n)
		}
	}
	return lines.Bytes()
}

// operate plans an action, applies it if it doesn't apply itself, and waits for its end.
func (r *running) operate(t *testing.T, crowd int, action string, selection any) operationView {
	t.Helper()
	op := decode[operationView](t, r.do(t, http.MethodPost, "/v1/operations", map[string]any{"action": action, "selection": selection}).want(t, http.StatusAccepted, ""))
	look := func() { op = decode[operationView](t, r.get(t, "/v1/operations/"+op.ID).want(t, http.StatusOK, "")) }
	eventually(t, action+" is planned", func() bool { look(); return op.State != "PLANNING" })
	if op.State == "READY" {
		r.do(t, http.MethodPost, "/v1/operations/"+op.ID+"/apply", map[string]any{"digest": op.Digest, "acknowledged": true}).want(t, http.StatusAccepted, "")
	}
	eventually(t, action+" has ended", func() bool { look(); return op.State != "READY" && op.State != "RUNNING" })
	if op.State != "SUCCEEDED" || op.Progress.Done != crowd {
		t.Fatalf("%s: %+v", action, op)
	}
	return op
}
