// Package customer holds the rules of Lethe: what a customer is, when it may be
// deleted, restored and purged, and in which order a purge goes.
//
// It knows neither AWS nor HTTP. What it needs of the outside world it names in
// three interfaces: [Store] (the customers and what hangs on them, one small interface
// for each subject), [Ledger] (certificates of purges) and [Queue] (purges waiting for
// a worker). A [Service] applies the rules to them, and is what everybody else calls.
//
// Everything here may run twice, late, or stop between any two calls. What makes
// that harmless are generations: a deletion has an id, a purge names the deletion
// it finishes, and a change has an id that its retry recognises.
package customer
