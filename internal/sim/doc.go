// Package sim is for tests only. It injects faults into requests to AWS, decides the order in which
// concurrent requests arrive, and ends each test with a check of the tables by internal/fsck.
package sim
