package cloud

import (
	"hash/fnv"
	"strings"
	"time"
)

// Store is DynamoDB: tables and indexes, which throttle what is more than their partitions take.
type Store struct {
	*Clock

	tables map[string]*table
	locks  map[item]int // transactions under way
	// versions counts the blocks of each chain of certificates.
	versions map[string]int
	storm    storm
}

// storm is a time in which AWS throttles a share of all requests.
type storm struct {
	share    float64
	from, to time.Duration
}

// NewStore returns a store of new tables that bear so many write units a second, at least those of a new table.
func NewStore(clock *Clock, warm int) *Store {
	s := &Store{Clock: clock, tables: map[string]*table{}, locks: map[item]int{}, versions: map[string]int{}}
	for _, name := range []string{MainTable, LedgerTable} {
		s.tables[name] = newTable(max(warm, newTableWrites))
	}
	s.grow()
	return s
}

// The tables, by their logical ids in template.yaml.
const (
	MainTable   = "Table"
	LedgerTable = "Ledger"
)

// Storm makes the store throttle a share of the requests for a time.
func (s *Store) Storm(share float64, from, to time.Duration) { s.storm = storm{share, from, to} }

// Shards is the number of shards of a table's stream.
func (s *Store) Shards(name string) int { return shardsPerPartition * len(s.tables[name].partitions) }

// grow gives each table twice its last peak, every growthPeriod.
func (s *Store) grow() {
	s.After(growthPeriod, func() {
		for _, t := range s.tables {
			t.grow()
		}
		s.grow()
	})
}

// table is a table with partitions of its own, or an index, in which each key has a partition: so DynamoDB isolates keys
// that are used much.
type table struct {
	partitions []*bucket
	keys       map[string]*bucket // of an index
	whole      *bucket            // of an index: what it takes for all keys
	bears      float64
	minute     time.Duration
	used, peak float64 // write units in this minute, and the most in one
}

func newTable(bears int) *table {
	t := &table{bears: float64(bears)}
	t.divide()
	return t
}

func newIndex(bears float64) *table {
	return &table{keys: map[string]*bucket{}, bears: bears, whole: newBucket(bears, bears*partitionReads/partitionWrites)}
}

func (t *table) divide() {
	if t.whole != nil {
		t.whole.writes, t.whole.reads = t.bears, t.bears*partitionReads/partitionWrites
		return
	}
	for float64(len(t.partitions)*partitionWrites) < t.bears {
		t.partitions = append(t.partitions, newBucket(partitionWrites, partitionReads))
	}
}

func (t *table) grow() {
	t.bears = min(tableWrites, max(t.bears, growth*t.peak/60))
	t.divide()
}

// note counts written units, to know the table's peak.
func (t *table) note(now time.Duration, units float64) {
	if minute := now / time.Minute; minute != t.minute {
		t.minute, t.used = minute, 0
	}
	t.used += units
	t.peak = max(t.peak, t.used)
}

// bucket is what a partition takes: its units of a second at once, and then as many a second.
type bucket struct {
	writes, reads         float64 // a second
	writesLeft, readsLeft float64
	at                    time.Duration
}

func newBucket(writes, reads float64) *bucket {
	return &bucket{writes: writes, reads: reads, writesLeft: writes, readsLeft: reads}
}

func (b *bucket) refill(now time.Duration) {
	passed := (now - b.at).Seconds()
	b.at = now
	b.writesLeft = min(b.writes, b.writesLeft+passed*b.writes)
	b.readsLeft = min(b.reads, b.readsLeft+passed*b.reads)
}

// bears reports whether the partition takes the touch now. One that has anything left takes it, and what is too much is
// missing afterwards.
func (b *bucket) bears(now time.Duration, t Touch) bool {
	b.refill(now)
	return (t.Write == 0 || b.writesLeft > 0) && (t.Read == 0 || b.readsLeft > 0)
}

func (b *bucket) take(t Touch) {
	b.writesLeft -= t.Write
	b.readsLeft -= t.Read
}

// buckets returns what limits a touch. customer is the number of the run's first customer.
func (s *Store) buckets(t Touch, customer int) (*table, []*bucket) {
	name, _, isIndex := strings.Cut(t.Table, "/")
	if !isIndex {
		tab := s.tables[name]
		return tab, []*bucket{tab.partitions[place(t, customer)%uint64(len(tab.partitions))]}
	}
	tab, known := s.tables[t.Table]
	if !known {
		tab = newIndex(s.tables[name].bears)
		s.tables[t.Table] = tab
	}
	b, known := tab.keys[t.Key]
	if !known {
		b = newBucket(partitionWrites, partitionReads)
		tab.keys[t.Key] = b
	}
	return tab, []*bucket{b, tab.whole}
}

// place is the hash of a partition key.
func place(t Touch, customer int) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.Key))
	sum := h.Sum64()
	if t.Slot != NoSlot {
		sum ^= uint64(customer+t.Slot+1) * 0x9e3779b97f4a7c15
	}
	sum ^= sum >> 33
	sum *= 0xff51afd7ed558ccd
	return sum ^ sum>>29
}

// take makes the parts that the partitions take, and returns the others. With whole, it makes all or none.
func (s *Store) take(parts []Part, customer int, whole bool, meter *Meter) (undone []Part) {
	for i, p := range parts {
		if !s.bears(p, customer) {
			if whole {
				return parts
			}
			undone = append(undone, parts[i])
			continue
		}
		if !whole {
			s.use(p, customer, meter)
		}
	}
	if whole {
		for _, p := range parts {
			s.use(p, customer, meter)
		}
	}
	return undone
}

func (s *Store) bears(p Part, customer int) bool {
	for _, t := range p.Touches {
		_, limits := s.buckets(t, customer)
		for _, b := range limits {
			if !b.bears(s.now, t) {
				return false
			}
		}
	}
	return true
}

func (s *Store) use(p Part, customer int, meter *Meter) {
	for _, t := range p.Touches {
		tab, limits := s.buckets(t, customer)
		for _, b := range limits {
			b.take(t)
		}
		tab.note(s.now, t.Write)
		meter.units(t)
	}
}

// item is an item that several runs write: the items of a customer belong to one run.
type item struct{ table, key, sort string }

// shared returns the items of the parts that several runs may write at the same time.
func shared(parts []Part) []item {
	var items []item
	for _, p := range parts {
		for _, t := range p.Touches {
			if t.Write > 0 && t.Slot == NoSlot && !t.Own && !strings.Contains(t.Table, "/") {
				items = append(items, item{t.Table, t.Key, t.Item})
			}
		}
	}
	return items
}

// locked reports whether a transaction is writing one of the items.
func (s *Store) locked(items []item) bool {
	for _, i := range items {
		if s.locks[i] > 0 {
			return true
		}
	}
	return false
}

func (s *Store) lock(items []item) {
	for _, i := range items {
		s.locks[i]++
	}
}

func (s *Store) unlock(items []item) {
	for _, i := range items {
		if s.locks[i]--; s.locks[i] == 0 {
			delete(s.locks, i)
		}
	}
}

func (s *Store) stormy() bool {
	return s.storm.from <= s.now && s.now < s.storm.to && s.rng.Float64() < s.storm.share
}
