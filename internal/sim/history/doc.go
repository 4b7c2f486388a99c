// Package history simulates whole histories of Lethe: the real rules of
// internal/customer, the real engine of internal/bulk and the real actions of
// internal/operations, over the store and the queue of internal/sim/model.
//
// A seed determines a history. Clients, workers, sweeps and the consumer of the change stream are
// processes. Each request of a process waits until the history lets it through, one at a time. The
// history decides what happens to the request: it succeeds, fails, loses its answer, is made twice, or
// is the last request of its process. Messages are doubled, delayed, reordered, lost, or become dead
// letters. Lists lag behind writes, and time jumps by days. Rules are checked after every request. At
// the end the faults stop and time goes on until no work is left; then all guarantees must hold.
//
// The same seed gives the same history, request by request:
//
//	go test ./internal/sim/history -run TestHistories                        10,000 histories, as in make test
//	go test ./internal/sim/history -run TestHistories -histories 1000000 -timeout 0
//	go test ./internal/sim/history -run TestHistories -seed 4711 -v          one of them, request by request
//
// Planted bugs show that the simulation finds errors. It must find each of them:
//
//	go test ./internal/sim/history -run TestPlantedBugs
package history
