package history

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"lethe/internal/customer"
	"lethe/internal/sim/model"
)

// follower is the consumer of the change stream. It logs and counts in a model of its own, and draws its faults by itself, so that
// the rest of the history does not depend on it.
type follower struct {
	rng     *rand.Rand
	log     *model.Model
	changes []customer.RootChange // all so far
	done    int                   // of the changes
}

func newFollower(seed uint64) follower {
	return follower{rng: rand.New(rand.NewPCG(seed, 7)), log: model.New()}
}

// add adds a change to the stream.
func (f *follower) add(before, after *customer.Customer, byTTL bool) {
	f.changes = append(f.changes, customer.RootChange{
		Before: before, After: after, Seq: fmt.Sprintf("%021d", len(f.changes)), At: time.Now(), Expired: after == nil && byTTL,
	})
}

// deliver delivers a batch of random length. Requests fail, answers are lost, and now and then the place in the stream is, so that
// changes come again in other batches.
func (f *follower) deliver() {
	if f.rng.IntN(4) == 0 {
		f.done = max(0, f.done-f.rng.IntN(6))
	}
	f.log.Gate = func(context.Context, model.Call) (model.Verdict, error) {
		return []model.Verdict{model.Undone, model.Lost, model.Repeated, model.Through, model.Through, model.Through}[f.rng.IntN(6)], nil
	}
	_ = f.follow(f.changes[f.done:min(f.done+1+f.rng.IntN(8), len(f.changes))])
}

func (f *follower) follow(batch []customer.RootChange) error {
	s := customer.New(model.Table{Model: f.log}, model.Ledger{Model: f.log}, model.NewQueue(f.log), slog.New(slog.DiscardHandler))
	done, err := s.Follow(context.Background(), batch)
	f.done += done
	return err
}

// checkFollowed delivers what is left, and checks that each change was logged and counted once.
func (h *history) checkFollowed() {
	f := &h.follower
	f.log.Gate = nil
	if err := f.follow(f.changes[f.done:]); err != nil {
		h.broken("the stream is not followed to its end: %v", err)
		return
	}
	table := model.Table{Model: f.log}
	totals, _ := table.Totals(context.Background())
	want, moves := h.recount()
	if totals != want {
		h.broken("the totals are %+v, but there are %+v", totals, want)
	}
	first, last := customer.DayOf(f.changes[0].At), customer.DayOf(f.changes[len(f.changes)-1].At)
	days, _ := table.TotalsByDay(context.Background(), first.Plus(-1), last.Plus(1))
	for _, d := range days {
		moves = moves.Plus(customer.Moves{Added: -d.Added, Deleted: -d.Deleted, Restored: -d.Restored, Purged: -d.Purged})
	}
	if moves != (customer.Moves{}) {
		h.broken("the totals by day differ by %+v", moves)
	}
	h.checkLogs()
}

// recount counts the customers that are there, and what happened to them.
func (h *history) recount() (totals customer.Totals, moves customer.Moves) {
	for _, ch := range h.follower.changes {
		if e, ok := customer.Describe(ch.Before, ch.After, ch.Seq, ch.At, ch.Expired); ok {
			moves = moves.Plus(e.Moved)
		}
	}
	totals.Purged = moves.Purged
	for _, id := range h.model.IDs() {
		switch c := h.model.Root(id); {
		case c == nil:
		case c.State == customer.Active:
			totals.Active++
		default:
			totals.Trash++
		}
	}
	return totals, moves
}

// checkLogs checks that the logs have an entry of each change, once.
func (h *history) checkLogs() {
	want := map[string]int{}
	logs := map[string]bool{}
	for _, ch := range h.follower.changes {
		if e, ok := customer.Describe(ch.Before, ch.After, ch.Seq, ch.At, ch.Expired); ok {
			want[e.Seq]++
			logs[e.Customer] = true
		}
	}
	for id := range logs {
		page, _ := model.Table{Model: h.follower.log}.Entries(context.Background(), customer.EntryQuery{Customer: id, Limit: 10_000})
		for _, e := range page.Entries {
			want[e.Seq]--
		}
	}
	for seq, n := range want {
		if n != 0 {
			h.broken("change %s is logged %d times", seq, 1-n)
			return
		}
	}
}
