// Package customer holds the rules of Lethe: what a customer is, when it can be deleted, restored
// and purged, and the order of the steps of a purge.
//
// It depends on neither AWS nor HTTP. It reaches the outside world through three interfaces: [Store]
// (customers and all that belongs to them, one small interface for each subject), [Ledger]
// (certificates of purges) and [Queue] (purges that wait for a worker). All other packages call a
// [Service], which applies the rules.
//
// Every call may run twice, run late, or stop between any two of its steps. Ids make this harmless:
// a deletion has an id, a purge names the deletion that it finishes, and a repeated change is
// recognised by its id.
package customer
