package sim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// stuck is how long an actor may take between two requests. It ends tests that would otherwise hang.
const stuck = 30 * time.Second

// Interleave runs actors concurrently, each with its own configuration, and lets their requests to
// AWS through one at a time, in an order drawn from rng. The same seed gives the same order if each
// actor makes its requests one after the other. Interleave returns when all actors have returned;
// the order is for messages.
//
// Actors must not wait for each other except for requests: give each its own Service.
func Interleave(t testing.TB, cfg aws.Config, rng *rand.Rand, actors ...func(aws.Config)) (order []string) {
	t.Helper()
	g := &gate{events: make(chan event), rng: rng, waiting: make([][]request, len(actors)), done: make([]bool, len(actors))}
	for i, run := range actors {
		go func() {
			defer func() { g.events <- event{actor: i, kind: finished} }()
			run(g.attach(cfg, i))
		}()
	}
	if err := g.schedule(); err != nil {
		t.Fatal(err)
	}
	return g.order
}

type gate struct {
	events   chan event
	rng      *rand.Rand
	waiting  [][]request // by actor
	done     []bool
	inFlight bool
	order    []string
}

type request struct {
	operation string
	pass      chan struct{}
}

type event struct {
	actor   int
	kind    eventKind
	request request
}

type eventKind int

const (
	arrived eventKind = iota
	answered
	finished
)

func (g *gate) attach(cfg aws.Config, actor int) aws.Config {
	return through(cfg, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) {
			waiting := request{operation: operationOf(r), pass: make(chan struct{})}
			g.events <- event{actor, arrived, waiting}
			<-waiting.pass
			response, err := next.Do(r)
			g.events <- event{actor: actor, kind: answered}
			return response, err
		})
	})
}

// schedule returns when all actors have returned.
func (g *gate) schedule() error {
	for slices.Contains(g.done, false) {
		if g.settled() {
			g.letThrough()
		}
		select {
		case e := <-g.events:
			g.note(e)
		case <-time.After(stuck):
			return fmt.Errorf("an actor neither ends nor makes a request, after %v", g.order)
		}
	}
	return nil
}

// settled reports whether every actor waits with a request or has finished, and none is in flight.
func (g *gate) settled() bool {
	for i := range g.done {
		if !g.done[i] && len(g.waiting[i]) == 0 {
			return false
		}
	}
	return !g.inFlight
}

func (g *gate) letThrough() {
	var ready []int
	for i, requests := range g.waiting {
		if len(requests) > 0 {
			ready = append(ready, i)
		}
	}
	actor := ready[g.rng.IntN(len(ready))]
	chosen := g.waiting[actor][0]
	g.waiting[actor] = g.waiting[actor][1:]
	g.order = append(g.order, fmt.Sprintf("%d:%s", actor, chosen.operation))
	g.inFlight = true
	close(chosen.pass)
}

func (g *gate) note(e event) {
	switch e.kind {
	case arrived:
		g.waiting[e.actor] = append(g.waiting[e.actor], e.request)
	case answered:
		g.inFlight = false
	case finished:
		g.done[e.actor] = true
	}
}
