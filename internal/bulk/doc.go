// Package bulk does one thing to many subjects, and can say at any time what it did to
// each: an operation is planned, shown, applied by the digest of its plan, and ends.
//
// It knows no customers. A subject is an id and what binds it to the state it was seen
// in; an [Action] plans and applies them. Planning freezes the subjects into chunks, a
// worker takes a chunk and leaves its outcomes in it, and what there is of progress,
// report and resumption is read from the chunks. No message and no counter carries any
// of it, so that a message may come twice, late, never, or to a worker that dies.
package bulk
