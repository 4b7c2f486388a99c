// Package fsck checks the raw tables from outside. It knows the rules, and the map of
// items that internal/dynamo/keys.go gives in words. It shares no code with the storage
// that it checks, so that they can't share a mistake; and it can't write.
//
// A scan in parallel segments forms suspicions cheaply, from what lies together and from
// what points elsewhere. Each suspicion is then settled: a consistent read of all that
// concerns its customer, repeated until the customer did not change during the read. So
// a finding is true also of a system that goes on working, and the memory that a check
// needs does not grow with the tables.
//
// A check decides on repairs (internal/repair), and a [Repairer] makes them: the table of
// internal/dynamo. Each is bound to what the check has seen. If something else has changed
// it, the repair is refused, and the customer is read again.
//
// # Tests
//
// The tests need tables with something in them, so they are in internal/sim: damage_test.go
// lists every kind of damage, fsck_test.go finds and repairs each of them and many at once,
// fsckrun_test.go checks in parts, stops repairs in the middle, checks a system at work and
// weighs the memory of a check. The simulated histories and the crash matrix end with a
// check too. internal/app and internal/local test the operation fsck, cmd/lethe the command.
// Here are only tests of what is shown of keys.
package fsck
