package operations

import "lethe/internal/bulk"

// What the actions cost, as the tests count it of customers of up to 1 KB.
const (
	perBatch   = 25
	perReading = 100
	moveUnits  = 3 // the root, and its entry taken from one list and put into another
	flagUnits  = 2 // the root, and its entry
	fenceUnits = moveUnits
	proofUnits = 2 // the certificate, in its chain and under its customer

	unitsPerSecond = 1000 // of the pace at which a worker begins, which finds out of a cancellation once a second

	proofRequests = 8 // to find the ends of the chains, and append the certificates of some customers to all
)

func batches(n int) int { return (n + perBatch - 1) / perBatch }

func estimateMove(i bulk.Impact) bulk.Usage { return transitions(i, moveUnits) }

func estimateFlag(i bulk.Impact) bulk.Usage { return transitions(i, flagUnits) }

// transitions is what it takes to change the customers' roots, of so many units each. In between
// the operation is read: once for each chunk, and once a second.
func transitions(i bulk.Impact, units int) bulk.Usage {
	chunks := max((i.Eligible+bulk.MaxSubjects-1)/bulk.MaxSubjects, (i.Weight+maxRecords-1)/maxRecords)
	readings := chunks + units*i.Eligible/unitsPerSecond
	return bulk.Usage{Requests: batches(i.Eligible) + readings, WriteUnits: float64(units * i.Eligible), ReadUnits: float64(readings)}
}

// estimateReadAndMove is of what reads the customers as they are by then.
func estimateReadAndMove(i bulk.Impact) bulk.Usage {
	u := estimateMove(i)
	u.Requests += (i.Eligible + perReading - 1) / perReading
	u.ReadUnits += float64(i.Eligible)
	return u
}

// estimatePurge goes by the items that there are. All that isn't a record is read by its key to see
// that it is gone, and costs a unit each; records are listed.
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
