package dynamo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// memoryList is a list in memory. It counts what DynamoDB would bill for reading it.
type memoryList struct {
	all     []string   // positions, in order
	shards  [][]string // the same, by shard
	size    int        // bytes of an entry
	rounds  int
	entries int
	units   float64
}

func (l *memoryList) read(_ context.Context, asks []ask) ([]reading, error) {
	l.rounds++
	readings := make([]reading, len(asks))
	for i, a := range asks {
		readings[i] = l.answer(a)
	}
	return readings, nil
}

func (l *memoryList) answer(a ask) reading {
	all, from := l.shards[a.shard], 0
	if len(a.from) > 0 {
		from, _ = strconv.Atoi(stringOf(a.from, "at"))
	}
	to := min(from+a.limit, len(all))
	var r reading
	for _, position := range all[from:to] {
		r.entries = append(r.entries, listEntry{position: position})
	}
	if to-from == a.limit { // as DynamoDB does: it does not look whether others follow
		r.end = item{"at": &types.AttributeValueMemberS{Value: strconv.Itoa(to)}}
	}
	l.entries += to - from
	l.units += max(0.5, float64(((to-from)*l.size+4095)/4096)/2)
	return r
}

// spread makes a list of n entries of a size, each in the shard that to returns for its place.
func spread(n, shards, size int, newestFirst bool, to func(place int) int) *memoryList {
	l := &memoryList{all: make([]string, n), shards: make([][]string, shards), size: size}
	for place := range n {
		number := place
		if newestFirst {
			number = n - place
		}
		l.all[place] = fmt.Sprintf("%06d", number)
		l.shards[to(place)] = append(l.shards[to(place)], l.all[place])
	}
	return l
}

// page reads a page, and fails the test unless it has the entries that come first.
func (l *memoryList) page(t *testing.T, limit int, newestFirst bool) {
	t.Helper()
	m, got := newMerge(len(l.shards), limit+1, newestFirst, l.read), []string{}
	for len(got) < limit {
		e, ok, err := m.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		got = append(got, e.position)
	}
	more, err := m.more(t.Context())
	if want := l.all[:min(limit, len(l.all))]; err != nil || !slices.Equal(got, want) || more != (len(l.all) > limit) {
		t.Fatalf("page of %d, more %t, %v:\n got %v\nwant %v", limit, more, err, got, want)
	}
}

// reads is what pages of lists took.
type reads struct {
	rounds  map[int]int // pages by the number of their rounds
	units   float64     // on average
	entries int
}

// deal reads pages of lists with entries dealt to shards as hashes of ids would deal them.
func deal(t *testing.T, pages, limit, shards, size int) reads {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(limit), uint64(shards)))
	sum := reads{rounds: map[int]int{}}
	for range pages {
		hashes := make([]int, 2*limit+10*shards)
		for i := range hashes {
			hashes[i] = rng.IntN(shards)
		}
		l := spread(len(hashes), shards, size, true, func(place int) int { return hashes[place] })
		l.page(t, limit, true)
		sum.rounds[l.rounds]++
		sum.units += l.units
		sum.entries += l.entries
	}
	sum.units, sum.entries = sum.units/float64(pages), sum.entries/pages
	return sum
}

// TestAPageTakesOneRoundAndRarelyTwo counts the rounds and the read units of pages of entries of full size. Where a page begins
// makes no difference: page 1,000 is dealt as page 1 is. The cases are the same in each run.
func TestAPageTakesOneRoundAndRarelyTwo(t *testing.T) {
	t.Parallel()
	const pages, full = 1000, 370
	for _, tt := range []struct {
		limit, shards int
		second        float64 // at most so many pages in a hundred need a second round
		units         float64 // on average at most
	}{
		{50, 4, 1.5, 4.01},
		{1, 4, 0, 2}, {5, 4, 0, 2}, {20, 4, 2, 2.01}, {100, 4, 17, 6.1}, {200, 4, 4, 12.03},
		{50, 1, 0, 2.5}, {50, 2, 3, 3.02}, {50, 8, 33, 4.22}, {50, 16, 1, 8.01}, {200, 16, 13, 16.1},
	} {
		got := deal(t, pages, tt.limit, tt.shards, full)
		t.Logf("page of %3d from %2d shards: rounds %v, %5.2f read units, %3d entries", tt.limit, tt.shards, got.rounds, got.units, got.entries)
		if second := 100 * float64(got.rounds[2]) / pages; second > tt.second || got.units > tt.units {
			t.Errorf("want at most %g%% in two rounds, and %g read units", tt.second, tt.units)
		}
		if later := pages - got.rounds[1] - got.rounds[2]; later > pages/200 {
			t.Errorf("%d of %d pages needed a third round", later, pages)
		}
	}
}

// TestAPageOfUnevenShards reads lists that no hash would make. Their pages are right, and two rounds are enough: the first one
// shows which shard has the most.
func TestAPageOfUnevenShards(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		to     func(place int) int
		rounds int
		units  float64
	}{
		"all in one":            {func(int) int { return 3 }, 2, 4.5},
		"nine of ten in one":    {func(place int) int { return min(place%10, 1) }, 2, 5},
		"half in one":           {func(place int) int { return (place % 6) * (place % 2) / 2 }, 2, 5},
		"in runs of 30":         {func(place int) int { return place / 30 % 4 }, 3, 6.5},
		"the first in one each": {func(place int) int { return min(place, 3) }, 2, 5},
		"two empty":             {func(place int) int { return place % 2 }, 2, 5},
	} {
		for _, newestFirst := range []bool{false, true} {
			for _, n := range []int{0, 1, 10, 49, 50, 51, 52, 87, 88, 89, 400} {
				l := spread(n, 4, 370, newestFirst, tt.to)
				l.page(t, 50, newestFirst)
				if l.rounds > tt.rounds || l.units > tt.units {
					t.Errorf("%s, %d entries: %d rounds and %g read units, want at most %d and %g", name, n, l.rounds, l.units, tt.rounds, tt.units)
				}
			}
		}
	}
}

// TestAWalkReadsEachEntryOnce walks through whole lists, as the sweep does. It reads nothing twice, and keeps a bounded
// number of entries in memory, even if one shard is never taken from before the end.
func TestAWalkReadsEachEntryOnce(t *testing.T) {
	t.Parallel()
	const n, most = 20_000, 4 * mostWanted
	rng := rand.New(rand.NewPCG(1, 2))
	for name, to := range map[string]func(place int) int{
		"even":          func(place int) int { return place % 4 },
		"by chance":     func(int) int { return rng.IntN(4) },
		"all in one":    func(int) int { return 2 },
		"one at last":   func(place int) int { return place / (n * 3 / 4) * 3 },
		"one after one": func(place int) int { return place / (n / 4) },
	} {
		places := make([]int, n)
		for i := range places {
			places[i] = to(i)
		}
		l := spread(n, 4, 370, false, func(place int) int { return places[place] })
		m := newMerge(4, math.MaxInt, false, l.read)
		for taken := range n + 1 {
			e, ok, err := m.next(t.Context())
			if err != nil || ok != (taken < n) || ok && e.position != l.all[taken] {
				t.Fatalf("%s: entry %d is %v, %t, %v", name, taken, e, ok, err)
			}
			if l.entries-taken > most {
				t.Fatalf("%s: %d entries are read, %d taken", name, l.entries, taken)
			}
		}
		t.Logf("%s: %d rounds, %d entries", name, l.rounds, l.entries)
		if l.entries != n || l.rounds > n/200 {
			t.Errorf("%s: %d entries are read in %d rounds", name, l.entries, l.rounds)
		}
	}
}
