package dynamo

import (
	"context"
	"math"
)

// merge reads the shards of a list as one list. It reads in rounds: the first one asks all shards, each for its likely share
// of what is wanted. A further one is needed only if a shard has more than that, and asks only the shards that are
// likely to run dry before the end.
type merge struct {
	shards      []*shard
	newestFirst bool
	want        int // entries that the caller will still take
	taken       int
	read        roundReader
}

// shard is a part of a list of which some entries are read.
type shard struct {
	entries []listEntry // read and not taken
	taken   int
	end     item // of what is read
	ended   bool // there are no others
}

// ask is for at most limit entries of a shard, from where an earlier reading ended.
type ask struct {
	shard int
	from  item
	limit int
}

// reading is the answer to an ask.
type reading struct {
	entries []listEntry
	end     item // where the next reading begins; empty at the end of the shard
}

// roundReader answers the asks of a round, in their order.
type roundReader func(context.Context, []ask) ([]reading, error)

func newMerge(shards, want int, newestFirst bool, read roundReader) *merge {
	m := &merge{shards: make([]*shard, shards), want: want, newestFirst: newestFirst, read: read}
	for i := range m.shards {
		m.shards[i] = &shard{}
	}
	return m
}

// next takes the next entry of the list. ok is false at its end.
func (m *merge) next(ctx context.Context) (e listEntry, ok bool, err error) {
	m.want = max(m.want, 1)
	for m.dry() {
		if err := m.round(ctx); err != nil {
			return listEntry{}, false, err
		}
	}
	s := m.first()
	if s == nil {
		return listEntry{}, false, nil
	}
	e, s.entries = s.entries[0], s.entries[1:]
	s.taken, m.taken, m.want = s.taken+1, m.taken+1, m.want-1
	return e, true, nil
}

// more reports whether the list has a further entry.
func (m *merge) more(ctx context.Context) (bool, error) {
	for m.first() == nil {
		if !m.dry() {
			return false, nil
		}
		m.want = max(m.want, 1)
		if err := m.round(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// dry reports whether a shard has no entry that is read, but may have others: then the first of all is unknown.
func (m *merge) dry() bool {
	for _, s := range m.shards {
		if len(s.entries) == 0 && !s.ended {
			return true
		}
	}
	return false
}

// first returns the shard with the first entry of those that are read, nil if no entry is read.
func (m *merge) first() *shard {
	var best *shard
	for _, s := range m.shards {
		if len(s.entries) == 0 {
			continue
		}
		if best == nil || (s.entries[0].position < best.entries[0].position) != m.newestFirst {
			best = s
		}
	}
	return best
}

// round reads on in every shard that is likely to run dry before the caller has what it wants.
func (m *merge) round(ctx context.Context) error {
	asks := make([]ask, 0, len(m.shards))
	for i, s := range m.shards {
		if limit := m.limit(s); limit > 0 {
			asks = append(asks, ask{i, s.end, limit})
		}
	}
	readings, err := m.read(ctx, asks)
	if err != nil {
		return err
	}
	for i, r := range readings {
		s := m.shards[asks[i].shard]
		s.entries, s.end, s.ended = append(s.entries, r.entries...), r.end, len(r.end) == 0
	}
	return nil
}

const (
	// perBlock is how many entries of full size fit into 4 KB: a query is billed half a unit for each 4 KB, so
	// a further entry in the same block costs nothing.
	perBlock = 4096 / 370
	// margin is how many standard deviations a shard is read beyond its expected share. Rounded up to a block, it makes
	// a second round rare.
	margin = 1.75
	// mostWanted is how many entries of a list without a limit are read ahead.
	mostWanted = 1000
)

// limit returns how many entries to read on in a shard, 0 for none.
func (m *merge) limit(s *shard) int {
	if s.ended {
		return 0
	}
	want := min(m.want, mostWanted)
	lacking := min(need(want, m.share(s)), want) - len(s.entries)
	if lacking <= 0 {
		return 0
	}
	blocks := (lacking + perBlock - 1) / perBlock
	return min(blocks*perBlock, want-len(s.entries))
}

// share is the part of the next entries that a shard is expected to have: an equal one, and more if it had more so far.
func (m *merge) share(s *shard) float64 {
	equal := 1 / float64(len(m.shards))
	if m.taken == 0 {
		return equal
	}
	return max(equal, float64(s.taken)/float64(m.taken))
}

// need returns how many of the next entries of the list a shard has at most, but for rare cases. Ids spread over
// the shards by a hash, so the number is binomially distributed.
func need(want int, share float64) int {
	mean := float64(want) * share
	return int(math.Ceil(mean + margin*math.Sqrt(mean*(1-share))))
}
