// Package fsck checks the raw tables from outside. It knows the rules, and the map of
// items that internal/dynamo/keys.go gives in words; with the storage that it checks it
// shares no code, so that they can't share a mistake.
//
// A scan in parallel segments forms suspicions cheaply, from what lies together and from
// what points elsewhere. Each suspicion is then settled by reading, consistently, all
// that concerns its customer, again and again until the customer did not change
// meanwhile. So what is reported is true also of a system that goes on working, and
// what is kept in mind does not grow with the tables.
//
// A repair is a transaction on condition that all is as it was seen: whatever somebody
// else changes meanwhile wins, and is looked at again.
package fsck
