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

	chains         = 16 // of certificates
	chainRequests  = 4  // to append to one
	purgedTogether = 200
)

func batches(n int) int { return (n + perBatch - 1) / perBatch }

func estimateMove(i bulk.Impact) bulk.Usage {
	return bulk.Usage{Requests: batches(i.Eligible), WriteUnits: float64(moveUnits * i.Eligible)}
}

func estimateFlag(i bulk.Impact) bulk.Usage {
	return bulk.Usage{Requests: batches(i.Eligible), WriteUnits: float64(flagUnits * i.Eligible)}
}

// estimateReadAndMove is of what reads the customers as they are by then.
func estimateReadAndMove(i bulk.Impact) bulk.Usage {
	u := estimateMove(i)
	u.Requests += (i.Eligible + perReading - 1) / perReading
	u.ReadUnits = float64(i.Eligible)
	return u
}

// estimatePurge counts the items that are known to the roots: of the search terms it
// takes an average.
func estimatePurge(i bulk.Impact) bulk.Usage {
	const termsAndClaim, rootAndEntry, readings = 6, 2, 2
	const recordsPerRead = 25 // of those that are listed to be erased
	records := 0
	for _, n := range i.Counts {
		records += int(n)
	}
	items := records + i.Eligible*termsAndClaim
	return bulk.Usage{
		Requests:   batches(items) + readings*i.Eligible + batches(i.Eligible)*3 + chainRequests*min(i.Eligible, chains*((i.Eligible+purgedTogether-1)/purgedTogether)),
		WriteUnits: float64(items + i.Eligible*(rootAndEntry+fenceUnits+proofUnits)),
		ReadUnits:  float64(i.Eligible*(readings+termsAndClaim) + records/recordsPerRead),
	}
}
