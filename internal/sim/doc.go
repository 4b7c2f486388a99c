// Package sim is for tests only: it breaks requests to AWS on purpose, decides in which
// order concurrent ones arrive, and checks from outside what is left in the tables.
//
// The checker shares no code with the storage it checks: it knows the rules, and the map
// of items that internal/dynamo/keys.go gives in words.
package sim
