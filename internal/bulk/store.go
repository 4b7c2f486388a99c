package bulk

import (
	"context"
	"iter"
	"time"
)

// Store keeps operations and their chunks. Each writing method is atomic. Those that
// take an operation write it whole, on condition that its Version is one more than the
// stored one: ErrVersion.
type Store interface {
	// Create adds an operation, and its selection beside it: ErrExists.
	Create(ctx context.Context, op Operation, selection []byte) error
	// Operation reads one, consistently: ErrNotFound.
	Operation(ctx context.Context, id string) (Operation, error)
	// Operations reads a page of all, newest first.
	Operations(ctx context.Context, q Query) (Page, error)
	// Active goes through those that have not ended, oldest first.
	Active(ctx context.Context) iter.Seq2[Operation, error]
	// Selection reads what an operation under planning is to plan.
	Selection(ctx context.Context, id string) ([]byte, error)

	// Freeze writes an operation and chunks that it gained, up to MaxFreeze. The
	// selection goes when the planning has ended.
	Freeze(ctx context.Context, op Operation, chunks []Chunk) error
	// Save writes an operation.
	Save(ctx context.Context, op Operation) error
	// SaveSweepMark notes what the sweep saw. It is no change: the version stays.
	SaveSweepMark(ctx context.Context, id string, mark SweepMark) error

	// Take leases a chunk until a time and returns it with one attempt more, and with the
	// Holder that this call alone is: ErrTaken while another call has it, whatever its time,
	// or when it has ended. It is an Orphan if the one before never gave it back, or may not have.
	Take(ctx context.Context, op Operation, seq int, now, until time.Time) (Chunk, error)
	// Keep writes the outcomes of a chunk so far and gives its lease back; ErrTaken
	// unless the chunk's Holder has it still.
	Keep(ctx context.Context, op Operation, c Chunk) error
	// Finish writes the outcomes of a chunk, which has ended then; see Keep.
	Finish(ctx context.Context, op Operation, c Chunk) error
	// Reopen makes a chunk that has ended one to be done, with the outcomes given, as long
	// as the operation is of the given Version: ErrVersion. One that was reopened already
	// stays as it is.
	Reopen(ctx context.Context, op Operation, c Chunk) error

	// Chunk reads one.
	Chunk(ctx context.Context, op Operation, seq int) (Chunk, error)
	// Unfinished goes through the chunks that have not ended, in order, without their subjects.
	Unfinished(ctx context.Context, id string) iter.Seq2[Chunk, error]
	// Chunks goes through all chunks from one on, in order.
	Chunks(ctx context.Context, id string, from int) iter.Seq2[Chunk, error]
	// Tally adds up the outcomes of all chunks.
	Tally(ctx context.Context, op Operation) (Tally, error)
}

// MaxFreeze is how many chunks Freeze takes at once.
const MaxFreeze = 45

// Queue hands work to workers, each at least once.
type Queue interface {
	EnqueueWork(ctx context.Context, work ...Work) error
	// Backlog estimates how much waits or is being worked on.
	Backlog(ctx context.Context) (int, error)
}

// Work asks a worker to go on with an operation.
type Work struct {
	Operation string `json:"operation"`
	Chunk     int    `json:"chunk"` // PlanWork: its planning
}

// PlanWork in place of a chunk asks for the planning.
const PlanWork = -1

// Query asks for a page of operations.
type Query struct {
	Limit  int
	Cursor string // of the page before; empty for the first
}

// Page is a page of operations.
type Page struct {
	Operations []Operation
	Cursor     string // of the next page; empty at the end
}
