// Package bulk applies one action to many subjects and records the outcome of each.
// An operation is planned, shown, applied by the digest of its plan, and ends.
//
// The package knows nothing of customers. A subject is an id and an opaque token of the
// state that the plan saw; an [Action] plans and applies. Planning stores the subjects in
// chunks. A worker takes a chunk and writes the outcomes into it. Progress, reports and
// resumption are all read from the chunks. No message and no counter holds any of them, so
// a message may arrive twice, late or never, and its worker may die.
package bulk
