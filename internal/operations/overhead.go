package operations

import "lethe/internal/bulk"

// On-demand prices of us-east-1 in dollars, for a million: https://aws.amazon.com/dynamodb/pricing/on-demand/,
// https://aws.amazon.com/sqs/pricing/, https://aws.amazon.com/lambda/pricing/.
const (
	WritePrice      = 0.625 // write request units
	ReadPrice       = 0.125 // read request units
	QueuePrice      = 0.40  // requests to a standard queue
	InvocationPrice = 0.20  // invocations of a function; the time that they take is not included
)

// The price of logging changes of customers, in write units of the table. The stream function pays it, after the change.
// Here the stream delivers full batches, as during an operation on many customers.
const (
	listedUnits = 1 // each audit entry's own entry in the index of days

	plainUnits = 1 + listedUnits // the audit entry of a change that the totals don't count, by a request of its own

	countedUnits    = 2 + listedUnits // the audit entry of any other change, in a transaction
	countedTogether = 25              // such entries in a transaction
	totalsUnits     = 4               // the updates of the totals, and of those by day, in this transaction

	changesBatched = 100 // changes in an invocation of the stream function
)

// Logging returns what the stream function consumes for changes that the totals count, and for others.
func Logging(counted, plain int) bulk.Usage {
	together := ceil(counted, countedTogether)
	return bulk.Usage{
		Requests: together + plain, WriteUnits: float64(counted*countedUnits + together*totalsUnits + plain*plainUnits),
	}
}

// What an operation costs besides the requests of its action: a worker reads the operation, takes a chunk, reads its
// subjects, writes its outcomes, and sees what is left. A caller applies the operation, and the last worker ends it.
const (
	chunkRequests, chunkWrites, chunkReads = 6, 5, 8
	endRequests, endWrites, endReads       = 5, 8, 3

	messageRequests = 3 // of the queue, to send, receive and delete a message that is alone
)

// Overhead is what an operation costs besides the requests of its action. Nothing measures it: it is computed from the
// numbers of changed customers and of chunks.
type Overhead struct {
	Requests      int // to the table
	WriteUnits    float64
	ReadUnits     float64
	QueueRequests int
	Invocations   int
}

// EstimateOverhead is for a plan.
func EstimateOverhead(op bulk.Operation) Overhead { return overhead(op, op.Impact.Eligible, op.Chunks) }

// OverheadSoFar is for an operation with a tally of its outcomes.
func OverheadSoFar(op bulk.Operation, t bulk.Tally) Overhead {
	if op.Applied.IsZero() || op.Impact.Subjects == 0 {
		return Overhead{}
	}
	decided := op.Impact.Subjects - t.Left
	return overhead(op, t.Done, ceil(op.Chunks*decided, op.Impact.Subjects))
}

func overhead(op bulk.Operation, changed, chunks int) Overhead {
	counted, plain := entries(op.Action)
	logging := Logging(changed*counted, changed*plain)
	return Overhead{
		Requests:      logging.Requests + chunks*chunkRequests + endRequests,
		WriteUnits:    logging.WriteUnits + float64(chunks*chunkWrites+endWrites),
		ReadUnits:     float64(chunks*chunkReads + endReads),
		QueueRequests: chunks * messageRequests,
		Invocations:   chunks + ceil(changed*(counted+plain), changesBatched),
	}
}

// entries returns how many entries of the audit log an action makes for each customer: counted ones change the totals.
func entries(action string) (counted, plain int) {
	switch action {
	case Delete, Restore, Undo:
		return 1, 0
	case Purge, Replay: // its start, and its end
		return 1, 1
	default:
		return 0, 1
	}
}

// Dollars is the price of what an operation consumes, without the time that functions run.
func Dollars(u bulk.Usage, o Overhead) float64 {
	return ((u.WriteUnits+o.WriteUnits)*WritePrice + (u.ReadUnits+o.ReadUnits)*ReadPrice +
		float64(o.QueueRequests)*QueuePrice + float64(o.Invocations)*InvocationPrice) / 1e6
}

func ceil(n, by int) int { return (n + by - 1) / by }
