package cloud

import (
	"math"
	"testing"
	"time"
)

// writer is a behaviour that does not slow down, so that only the store limits it.
func writer() *Behaviour {
	wait := func(int) time.Duration { return 20 * time.Millisecond }
	long := func(int) time.Duration { return 500 * time.Millisecond }
	return &Behaviour{
		FirstRate: 1e6, LeastRate: 1e6, MostRate: 1e6, Burst: 1e6, InFlight: 1000,
		AfterConflict: wait, AfterThrottled: long, AfterAppended: wait, MaxConflicts: 1000,
	}
}

// put is a trace of one batch that writes items.
func put(touches ...Touch) Trace {
	request := Request{Operation: "BatchWriteItem"}
	for _, t := range touches {
		request.Parts = append(request.Parts, Part{Touches: []Touch{t}})
	}
	return Trace{Customers: 1, Stages: []Stage{{request}}}
}

// play plays a trace for many customers, each at once, and returns when all are done.
func play(t *testing.T, store *Store, trace Trace, customers int) (took time.Duration, meter *Meter) {
	t.Helper()
	meter = &Meter{}
	p, done := NewProcess(store, meter, writer(), megabytesPerCPU), 0
	for i := range customers {
		p.Play(trace, i, time.Hour, func(err error) {
			if err != nil {
				t.Error(err)
			}
			done++
		})
	}
	store.Run(func() bool { return done == customers })
	if done != customers {
		t.Fatalf("%d of %d runs ended", done, customers)
	}
	return store.Now(), meter
}

// TestAPartitionTakesAThousandWritesASecond writes so much that it takes seconds: the first second's
// units are there at the start.
func TestAPartitionTakesAThousandWritesASecond(t *testing.T) {
	store := NewStore(NewClock(1), 0)
	took, meter := play(t, store, put(Touch{Table: MainTable, Key: "hot", Slot: NoSlot, Write: 1}), 5*partitionWrites)
	within(t, "5,000 writes of one key", took, 4*time.Second, 5*time.Second)
	if meter.Write != 5*partitionWrites {
		t.Errorf("%g units were paid for, want %d", meter.Write, 5*partitionWrites)
	}
}

func TestANewTableTakesFourThousandWritesASecond(t *testing.T) {
	store := NewStore(NewClock(1), 0)
	took, _ := play(t, store, put(Touch{Table: MainTable, Key: "C#", Slot: 0, Write: 1}), 20_000)
	within(t, "20,000 writes of as many keys", took, 4*time.Second, 5500*time.Millisecond)
}

func TestAWarmTableTakesMore(t *testing.T) {
	store := NewStore(NewClock(1), 40_000)
	took, _ := play(t, store, put(Touch{Table: MainTable, Key: "C#", Slot: 0, Write: 1}), 80_000)
	within(t, "80,000 writes", took, 900*time.Millisecond, 2*time.Second)
}

// TestATableGrowsToTwiceItsPeak writes at the table's limit for half an hour.
func TestATableGrowsToTwiceItsPeak(t *testing.T) {
	store := NewStore(NewClock(1), 0)
	for minute := range 31 {
		store.After(time.Duration(minute)*time.Minute, func() { store.tables[MainTable].note(store.Now(), 60*newTableWrites) })
	}
	store.Run(func() bool { return store.Now() > growthPeriod })
	if got := store.Shards(MainTable); got != 8 {
		t.Errorf("a table that wrote 4,000 units a second has %d partitions, want 8", got)
	}
}

// TestAnIndexHoldsBackItsTable writes items of many partitions with entries in one partition of the index.
func TestAnIndexHoldsBackItsTable(t *testing.T) {
	store := NewStore(NewClock(1), 40_000)
	trace := put(Touch{Table: MainTable, Key: "C#", Slot: 0, Write: 1})
	part := &trace.Stages[0][0].Parts[0]
	part.Touches = append(part.Touches, Touch{Table: MainTable + "/lists", Key: "live#0", Slot: NoSlot, Write: 1})
	took, meter := play(t, store, trace, 5*partitionWrites)
	within(t, "5,000 entries of one list", took, 4*time.Second, 5*time.Second)
	if meter.Write != 2*5*partitionWrites {
		t.Errorf("%g units were paid for, want %d: what the index refuses is not written to the table", meter.Write, 2*5*partitionWrites)
	}
}

// TestOverlappingTransactionsOnAnItemCancelEachOther has as many writers as can: one item takes one transaction at a time.
func TestOverlappingTransactionsOnAnItemCancelEachOther(t *testing.T) {
	store := NewStore(NewClock(1), 0)
	trace := put(Touch{Table: MainTable, Key: "P", Item: "totals", Slot: NoSlot, Write: 2})
	trace.Stages[0][0].Operation = "TransactWriteItems"
	const n = 200
	took, meter := play(t, store, trace, n)
	if least := n * commitLatency * 8 / 10; took < least {
		t.Errorf("%d transactions on one item took %s, less than %s", n, took, least)
	}
	if meter.Conflicts == 0 {
		t.Error("no transaction was cancelled")
	}
	if meter.Write != 2*n {
		t.Errorf("%g units were paid for, want %d", meter.Write, 2*n)
	}
}

func TestAStormThrottlesItsShare(t *testing.T) {
	store := NewStore(NewClock(1), 0)
	store.Storm(0.3, 0, time.Hour)
	trace := Trace{Customers: 1, Stages: []Stage{{{Operation: "BatchWriteItem", Parts: []Part{{Touches: []Touch{{Table: MainTable, Key: "C#", Slot: 0, Write: 1}}}}}}}}
	_, meter := play(t, store, trace, 2000)
	share := float64(meter.Throttled) / float64(meter.Requests)
	if math.Abs(share-0.3) > 0.03 {
		t.Errorf("%.2f of the requests were throttled, want 0.3", share)
	}
}

// TestTwoRunsAtOneChainAppendInTurn has runs read the end of a chain and append to it.
func TestTwoRunsAtOneChainAppendInTurn(t *testing.T) {
	store := NewStore(NewClock(1), 0)
	chain := Touch{Table: LedgerTable, Key: "L#0", Slot: NoSlot}
	read, write := chain, chain
	read.Read, write.Write = 1, 1
	trace := Trace{Customers: 1, Stages: []Stage{
		{{Operation: "Query", Parts: []Part{{Touches: []Touch{read}}}}},
		{{Operation: "BatchExecuteStatement", Parts: []Part{{Touches: []Touch{write}}}}},
	}}
	const n = 50
	_, meter := play(t, store, trace, n)
	if store.versions["L#0"] != n {
		t.Errorf("the chain has %d blocks, want %d", store.versions["L#0"], n)
	}
	if meter.Read <= n {
		t.Errorf("the end of the chain was read %g times: no run came too late", meter.Read)
	}
}

func within(t *testing.T, what string, took, least, most time.Duration) {
	t.Helper()
	if took < least || took > most {
		t.Errorf("%s took %s, want %s to %s", what, took, least, most)
	}
}

// TestALostAppendRepeatsNothingElse has runs work and append to one chain, then to another. A run that comes too late at a
// chain reads its end and appends again; the work before is done, and so is the other chain.
func TestALostAppendRepeatsNothingElse(t *testing.T) {
	store := NewStore(NewClock(1), 40_000)
	trace := Trace{Customers: 1}
	for _, key := range []string{"L#0", "L#1"} {
		read, write := Touch{Table: LedgerTable, Key: key, Slot: NoSlot, Read: 1}, Touch{Table: LedgerTable, Key: key, Slot: NoSlot, Write: 1}
		work := Touch{Table: MainTable, Key: "C#" + key, Item: "work", Write: 100}
		trace.Stages = append(trace.Stages, Stage{{Operation: "Query", Parts: []Part{{Touches: []Touch{read}}}}},
			Stage{{Operation: "BatchWriteItem", Parts: []Part{{Touches: []Touch{work}}}}},
			Stage{{Operation: "BatchExecuteStatement", Parts: []Part{{Touches: []Touch{write}}}}})
	}
	const runs = 8
	_, meter := play(t, store, trace, runs)
	if store.versions["L#0"] != runs || store.versions["L#1"] != runs {
		t.Errorf("the chains have %d and %d blocks, want %d each", store.versions["L#0"], store.versions["L#1"], runs)
	}
	appends := meter.Read // each append was preceded by a read
	if appends <= 2*runs {
		t.Errorf("the ends of the chains were read %g times: no run came too late", appends)
	}
	if want := runs*2*100 + appends; meter.Write != want {
		t.Errorf("%g units were written, want %g: the work once, and each append", meter.Write, want)
	}
}
