// Package fsck checks the raw tables from outside. It implements the rules, and the map of
// items in the comments of internal/dynamo/keys.go. It shares no code with the storage that
// it checks, so that both can't have the same bug, and it can't write.
//
// A check has two steps. A scan in parallel segments finds suspects: customers and operations
// with something that looks wrong in one eventually consistent read. Then each suspect is
// examined: all its items are read consistently, until it does not change during the read.
// So a finding is true even while the system is running, and the memory of a check does not
// grow with the tables.
//
// A check chooses repairs (internal/repair), and a [Repairer], the table of internal/dynamo,
// makes them. Each is conditional on the state that the check read. If that has changed, the
// repair is refused and the customer is examined again.
//
// # What it checks
//
// [Rules] lists the rules. Each kind of item has its file:
//
//	root.go          state, deletion, holds, place in the lists and TTL of a customer; overdue, stuck and resurrected ones
//	examination.go   counts of a customer's records; records and access tokens without their root
//	tree.go          records: kind, parent, children, TTL
//	names.go         search terms and e-mail claims, in both directions
//	former.go        fingerprints of former names
//	frozen.go        policies that a purge stored
//	recent.go        marks of recent changes
//	retained.go      retained records: fields, TTL, number certified
//	leftovers.go     what is left of customers who are gone
//	parts.go         operations and their chunks
//	notes.go         notes of idempotency keys
//	totals.go        totals, of all time and by day
//	entries.go       entries of the audit logs: time, and place in the log of their day
//	recount.go       the totals of all time, against customers and certificates
//	certificates.go  each certificate; personal values where they would outlive a customer
//	chains.go        chains of certificates, and their copies under the customers
//
// The machinery:
//
//	checker.go         the API: Check, Part
//	repairfindings.go  the API: Repair
//	finding.go         rules, findings, and keys as reports show them
//	check.go           the order of a check: main table, ledger, chains
//	position.go        the position between two parts
//	scan.go            the scan of a segment
//	suspects.go        suspects, their examination and repair
//	repairs.go         repairs and their conditions
//	records.go         repairs of records
//	items.go           items and keys
//	client.go          reads, their pace and cost
//
// # Tests
//
// The tests need tables with items in them, so they are in internal/sim. damage_test.go lists
// every kind of damage. fsck_test.go finds and repairs each kind, and many at once.
// fsckrun_test.go checks in parts, stops repairs halfway, checks a running system, and
// measures the memory of a check. The simulated histories and the crash matrix end with a
// check, too. internal/app and internal/local test the operation fsck, cmd/lethe the command.
// The tests in this package are about keys in reports, the table in docs/proof.md and this list of files.
package fsck
