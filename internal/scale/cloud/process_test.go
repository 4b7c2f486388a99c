package cloud

import "testing"

// TestALateBlockRepeatsOnlyItsChain plays runs that meet at the end of one chain. Those that come too late read and append
// again, but erase nothing a second time.
func TestALateBlockRepeatsOnlyItsChain(t *testing.T) {
	const runs = 20
	end := Touch{Table: LedgerTable, Key: "L#0", Slot: NoSlot, Read: 1}
	block := Touch{Table: LedgerTable, Key: "L#0", Item: "1", Slot: NoSlot, Own: true, Write: 10}
	read := Stage{{Operation: "Query", Parts: []Part{{Touches: []Touch{end}}}}}
	erase := put(Touch{Table: MainTable, Key: "C#", Write: 1}).Stages[0]
	appended := Stage{{Operation: "TransactWriteItems", Parts: []Part{{Touches: []Touch{block}}}}}

	store := NewStore(NewClock(1), 0)
	_, meter := play(t, store, Trace{Customers: 1, Stages: []Stage{read, erase, appended, erase}}, runs)
	if meter.Read <= runs {
		t.Errorf("the end was read for %g units: no run came too late", meter.Read)
	}
	if got := store.versions["L#0"]; got != runs {
		t.Errorf("the chain has %d blocks, want %d", got, runs)
	}
	if erased := meter.Write - 10*meter.Read; erased != 2*runs { // each time that it reads the end, a run writes a block
		t.Errorf("%g items were erased, want %d", erased, 2*runs)
	}
}
