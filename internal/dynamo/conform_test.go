package dynamo_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/sim"
	"lethe/internal/sim/conform"
)

// TestTheTableIsAStoreLikeAnyOther runs the conformance checks, which the model of the simulation
// passes too.
func TestTheTableIsAStoreLikeAnyOther(t *testing.T) {
	t.Parallel()
	conform.Test(t, func(t testing.TB) conform.World {
		w := sim.NewWorld(t, conform.Settings)
		return storeOf(w, w.Config)
	})
}

// TestABusyTableIsAStoreLikeAnyOther runs them with half of every batch left unprocessed, until one item is left: the checks
// notice an item that is not repeated.
func TestABusyTableIsAStoreLikeAnyOther(t *testing.T) {
	t.Parallel()
	conform.Test(t, func(t testing.TB) conform.World {
		w, faults := sim.NewWorld(t, conform.Settings), &sim.Faults{}
		faults.Plan(func(sim.Call) sim.Fault { return sim.Partial })
		return storeOf(w, faults.Attach(w.Config))
	})
}

func storeOf(w *sim.World, cfg aws.Config) conform.World {
	store, ledger := w.Open(cfg)
	return conform.World{Store: store, Access: store, Ledger: ledger, Operations: store.Operations(), Now: w.Clock.Now, Expiry: w.Expiry, NameBy: store.NameBy}
}
