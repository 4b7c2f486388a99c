package bulk

import (
	"context"
	"iter"
	"time"
)

// Store keeps operations and their chunks. It is made of interfaces by subject, so that each user can
// ask for what it needs.
//
// Each writing method is atomic: after an error that its comment doesn't name, all of it is written or
// nothing. It may then be called again, unless the comment says otherwise. Reading methods may always be called again. All
// read consistently, unless the comment says otherwise.
//
// Methods that write an operation write all of it but the sweep's mark, on condition that its Version is one more than the
// stored one: ErrVersion. Called again with the same operation after they succeeded, they succeed.
type Store interface {
	OperationReader
	OperationWriter
	PlanStore
	ChunkReader
	ChunkWriter
}

// OperationReader reads operations.
type OperationReader interface {
	// Operation reads one: ErrNotFound.
	Operation(ctx context.Context, id string) (Operation, error)
	// Operations reads a page of all, newest first: ErrCursor. It may lag writes by a moment.
	Operations(ctx context.Context, q Query) (Page, error)
	// Active goes through those that have not ended, oldest first. One that was created a moment ago
	// may be missing. An error ends the iteration.
	Active(ctx context.Context) iter.Seq2[Operation, error]
}

// OperationWriter changes an operation, but none of its chunks.
type OperationWriter interface {
	// Save writes an operation: ErrVersion.
	Save(ctx context.Context, op Operation) error
	// SaveSweepMark notes what the sweep saw: ErrNotFound. It is no change: the version stays, and the
	// last mark that is written counts.
	SaveSweepMark(ctx context.Context, id string, mark SweepMark) error
}

// PlanStore keeps an operation from its creation to the end of its planning.
type PlanStore interface {
	// Create adds an operation, and its selection beside it: ErrExists, also for the same operation
	// again, as that may be under way already.
	Create(ctx context.Context, op Operation, selection []byte) error
	// Selection reads what an operation under planning is to plan. It is empty when the planning has
	// ended, and when there is no such operation.
	Selection(ctx context.Context, id string) ([]byte, error)
	// Freeze writes an operation and chunks that were added to it, up to MaxFreeze: ErrVersion. The selection
	// is removed when the planning has ended.
	Freeze(ctx context.Context, op Operation, chunks []Chunk) error
}

// ChunkReader reads chunks.
type ChunkReader interface {
	// Chunk reads one: ErrNotFound.
	Chunk(ctx context.Context, op Operation, seq int) (Chunk, error)
	// Unfinished goes through the chunks that have not ended, in order, without their subjects. An error
	// ends the iteration.
	Unfinished(ctx context.Context, id string) iter.Seq2[Chunk, error]
	// Chunks goes through all chunks from one on, in order. One that ends during the iteration may be
	// told as it was before. An error ends the iteration.
	Chunks(ctx context.Context, id string, from int) iter.Seq2[Chunk, error]
	// Tally adds up the outcomes of all chunks. A chunk that ends during the reading may be missing.
	Tally(ctx context.Context, op Operation) (Tally, error)
}

// ChunkWriter leases chunks to workers, and writes what became of their subjects.
type ChunkWriter interface {
	// Take leases a chunk until a time and returns it with one attempt more, and with the
	// Holder that this call alone is: ErrTaken while another call has it, whatever its time,
	// or when it has ended. It is an Orphan if the one before never gave it back, or may not have.
	// Called again it is another call, which finds the chunk taken by the first until that lease ends.
	Take(ctx context.Context, op Operation, seq int, now, until time.Time) (Chunk, error)
	// Keep writes the outcomes of a chunk so far and gives its lease back: ErrTaken unless the chunk's
	// Holder still has it. Called again after it succeeded it returns ErrTaken, and changes nothing.
	Keep(ctx context.Context, op Operation, c Chunk) error
	// Finish writes the outcomes of a chunk, which has ended then: ErrTaken, also when called again; see Keep.
	Finish(ctx context.Context, op Operation, c Chunk) error
	// Reopen makes a chunk that has ended one to be done, with the outcomes given, as long
	// as the operation is of the given Version: ErrVersion. One that was reopened already
	// stays as it is.
	Reopen(ctx context.Context, op Operation, c Chunk) error
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
