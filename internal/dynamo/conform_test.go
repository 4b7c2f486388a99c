package dynamo_test

import (
	"testing"

	"lethe/internal/sim"
	"lethe/internal/sim/conform"
)

// TestTheTableIsAStoreLikeAnyOther runs the checks that the model of the simulation
// passes too.
func TestTheTableIsAStoreLikeAnyOther(t *testing.T) {
	t.Parallel()
	conform.Test(t, func(t testing.TB) conform.World {
		w := sim.NewWorld(t, conform.Settings)
		store, ledger := w.Open(w.Config)
		return conform.World{Store: store, Ledger: ledger, Operations: store.Operations(), Now: w.Clock.Now}
	})
}
