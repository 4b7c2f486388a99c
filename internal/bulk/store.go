package bulk

import (
	"context"
	"iter"
	"time"
)

// Store keeps operations and their chunks. It is split into smaller interfaces, so that each caller
// can ask for what it needs.
//
// Every write is atomic. An error that the method's comment names means that nothing was written.
// After any other error either all of it was written or nothing, and the call may be repeated, unless
// the comment says otherwise. All reads are strongly consistent, unless the comment says otherwise.
//
// A method that writes an operation writes all of it except the sweep mark. Its Version must be one more
// than the stored one: ErrVersion. Repeating a call that succeeded, with the same operation, succeeds.
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
	// Operations reads a page of all operations, newest first: ErrCursor. The read is eventually
	// consistent.
	Operations(ctx context.Context, q Query) (Page, error)
	// Active iterates over the operations that have not ended, oldest first. The read is eventually
	// consistent. An error ends the iteration.
	Active(ctx context.Context) iter.Seq2[Operation, error]
}

// OperationWriter changes an operation, but not its chunks.
type OperationWriter interface {
	// Save writes an operation: ErrVersion.
	Save(ctx context.Context, op Operation) error
	// SaveSweepMark writes the sweep mark: ErrNotFound. It leaves the Version as it is. The last
	// writer wins.
	SaveSweepMark(ctx context.Context, id string, mark SweepMark) error
}

// PlanStore writes an operation from its creation to the end of its planning.
type PlanStore interface {
	// Create adds an operation and its selection: ErrExists, also if a repeated call finds the
	// operation that the first call created.
	Create(ctx context.Context, op Operation, selection []byte) error
	// Selection reads the selection of an operation that is being planned. It is empty after the
	// planning, and if there is no such operation.
	Selection(ctx context.Context, id string) ([]byte, error)
	// Freeze writes an operation and up to MaxFreeze new chunks of it: ErrVersion. If the operation is
	// no longer Planning, it also removes the selection.
	Freeze(ctx context.Context, op Operation, chunks []Chunk) error
}

// ChunkReader reads chunks.
type ChunkReader interface {
	// Chunk reads one: ErrNotFound.
	Chunk(ctx context.Context, op Operation, seq int) (Chunk, error)
	// Unfinished iterates over the chunks that have not ended, in order, without their subjects. An
	// error ends the iteration.
	Unfinished(ctx context.Context, id string) iter.Seq2[Chunk, error]
	// Chunks iterates over the chunks from a number on, in order. A chunk that ends during the
	// iteration may appear in its earlier state. An error ends the iteration.
	Chunks(ctx context.Context, id string, from int) iter.Seq2[Chunk, error]
	// Tally counts the outcomes of all chunks. It may miss a chunk that ends during the read.
	Tally(ctx context.Context, op Operation) (Tally, error)
}

// ChunkWriter leases chunks to workers and writes their outcomes.
type ChunkWriter interface {
	// Take leases a chunk until a time. It returns the chunk with one more attempt and a new Holder:
	// ErrTaken while another lease is valid at now, or if the chunk has ended. The chunk is Abandoned
	// if the previous lease ended, or may have ended, without Keep or Finish. A repeated call counts as a new one: it
	// returns ErrTaken until the lease of the first ends.
	Take(ctx context.Context, op Operation, seq int, now, until time.Time) (Chunk, error)
	// Keep writes the outcomes of a chunk so far and ends its lease: ErrTaken if the chunk's Holder no
	// longer has the lease, so also when a call that succeeded is repeated.
	Keep(ctx context.Context, op Operation, c Chunk) error
	// Finish writes the outcomes of a chunk and ends the chunk: ErrTaken as for Keep.
	Finish(ctx context.Context, op Operation, c Chunk) error
	// Reopen makes an ended chunk unfinished, with the given outcomes: ErrVersion unless the stored
	// operation has the given Version. It leaves an unfinished chunk as it is.
	Reopen(ctx context.Context, op Operation, c Chunk) error
}

// MaxFreeze is the largest number of chunks in one call of Freeze.
const MaxFreeze = 45

// Queue delivers messages to workers at least once.
type Queue interface {
	// EnqueueWork adds messages. After an error some of them may have been added.
	EnqueueWork(ctx context.Context, work ...Work) error
	// Backlog estimates the number of messages that wait or are being processed.
	Backlog(ctx context.Context) (int, error)
}

// Work is a message that asks a worker to process a chunk, or to plan.
type Work struct {
	Operation string `json:"operation"`
	Chunk     int    `json:"chunk"` // number of the chunk, or PlanWork
}

// PlanWork in place of a chunk number asks the worker to plan the operation.
const PlanWork = -1

// Query asks for a page of operations.
type Query struct {
	Limit  int
	Cursor string // of the page before; empty for the first
}

// Page is a page of operations.
type Page struct {
	Operations []Operation
	Cursor     string // for the next page; empty after the last
}
