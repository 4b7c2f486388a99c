// Package sim is for tests only: it breaks requests to AWS on purpose, decides in which
// order concurrent ones arrive, and ends each test with a check, from outside, of what is
// left in the tables: that of internal/fsck.
package sim
