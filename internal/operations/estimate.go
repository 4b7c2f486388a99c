package operations

import "lethe/internal/bulk"

// The costs of the actions for customers of up to 1 KB, as the cost tests count them. What larger ones cost beyond that is
// in [bulk.Impact.Extra].
const (
	perBatch   = 25
	perReading = 100
	moveUnits  = 3 // the root, and its entry moved from one list to another
	flagUnits  = 2 // the root, and its entry
	fenceUnits = moveUnits
	proofUnits = 2 // the certificate, in its chain and under its customer

	unitsPerSecond = 1000 // starting pace of a worker, which reads its operation once a second

	proofRequests = 8 // find the ends of the chains and append the certificates of a group to them
)

func batches(n int) int { return (n + perBatch - 1) / perBatch }

func estimateMove(i bulk.Impact) bulk.Usage { return transitions(i, moveUnits) }

func estimateFlag(i bulk.Impact) bulk.Usage { return transitions(i, flagUnits) }

// transitions estimates the changes of the customers' roots, at units each, and the reads of the
// operation: one for each chunk, and one a second.
func transitions(i bulk.Impact, units int) bulk.Usage {
	chunks := max((i.Eligible+bulk.MaxSubjects-1)/bulk.MaxSubjects, (i.Weight+maxRecords-1)/maxRecords)
	readings := chunks + units*i.Eligible/unitsPerSecond
	return bulk.Usage{Requests: batches(i.Eligible) + readings, WriteUnits: float64(units*i.Eligible + i.Extra), ReadUnits: float64(readings)}
}

// estimateReadAndMove adds a read of each customer before its change.
func estimateReadAndMove(i bulk.Impact) bulk.Usage {
	u := estimateMove(i)
	u.Requests += (i.Eligible + perReading - 1) / perReading
	u.ReadUnits += float64(i.Eligible)
	return u
}

// estimatePurge estimates by the number of items. To see that they are gone, records are listed;
// each other item is read by its key, for one unit.
func estimatePurge(i bulk.Impact) bulk.Usage {
	const entry, listings, rootReads = 1, 2, 2
	const recordsPerReadUnit, itemsPerPage = 25, 1000
	records := 0
	for _, n := range i.Counts {
		records += int(n)
	}
	together := (i.Eligible + purgedTogether - 1) / purgedTogether
	return transitions(i, fenceUnits).Plus(bulk.Usage{
		Requests:   batches(i.Eligible) + batches(i.Weight) + listings*i.Eligible + i.Weight/itemsPerPage + proofRequests*together,
		WriteUnits: float64(i.Weight + i.Eligible*(entry+proofUnits)),
		ReadUnits:  float64((listings+rootReads)*i.Eligible + i.Weight - i.Eligible - records + records/recordsPerReadUnit),
	})
}
