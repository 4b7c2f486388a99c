// Package history simulates whole histories of Lethe: the real rules of
// internal/customer, the real engine of internal/bulk and the real actions of
// internal/operations, over the store and the queue of internal/sim/model.
//
// A history is made from a seed. Clients, workers, sweeps and the consumer of the change
// stream are processes; every request of theirs waits until the history lets it go on,
// one at a time, and decides what becomes of it: it may fail undone, or done with its
// answer lost, or be made twice, or be its process's last. Messages come twice, late, in
// any order, never, or as dead letters; lists lag; time jumps by days. Rules are checked
// after every request. In the end nothing is disturbed any longer, time goes on, and
// when there is nothing left to do everything must be as the guarantees say.
//
// The same seed makes the same history, request by request:
//
//	go test ./internal/sim/history -run TestHistories                        10,000 histories, as in make test
//	go test ./internal/sim/history -run TestHistories -histories 1000000 -timeout 0
//	go test ./internal/sim/history -run TestHistories -seed 4711 -v          one of them, request by request
//
// What the simulation is worth is shown by bugs that are planted into the code, each of
// which it must find:
//
//	go test ./internal/sim/history -run TestPlantedBugs
package history
