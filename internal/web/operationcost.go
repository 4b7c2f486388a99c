package web

import (
	"math"

	"lethe/internal/bulk"
)

// Usage is what an operation costs.
type Usage struct {
	Requests   int     `json:"requests"`
	WriteUnits float64 `json:"writeUnits"`
	ReadUnits  float64 `json:"readUnits"`
	Dollars    float64 `json:"dollars" doc:"At the on-demand prices of us-east-1; the price list of your region counts."`
	Seconds    int     `json:"seconds,omitempty" doc:"Estimated at the pace at which a worker begins: the table may bear more, and several work at once. Actual: from being applied to the end."`
}

// The on-demand prices of us-east-1 by a million units, in dollars, and the write units a second at which
// the table's pace begins. https://aws.amazon.com/dynamodb/pricing/on-demand/
const (
	writePrice = 0.625
	readPrice  = 0.125
	startPace  = 1000
)

func usageOf(u bulk.Usage) Usage {
	return Usage{
		Requests: u.Requests, WriteUnits: u.WriteUnits, ReadUnits: u.ReadUnits,
		Dollars: (u.WriteUnits*writePrice + u.ReadUnits*readPrice) / 1e6,
	}
}

func estimateOf(u bulk.Usage) Usage {
	doc := usageOf(u)
	doc.Seconds = int(math.Ceil(u.WriteUnits / startPace))
	return doc
}

func actualOf(op bulk.Operation, u bulk.Usage) Usage {
	doc := usageOf(u)
	if !op.Applied.IsZero() && !op.Ended.IsZero() {
		doc.Seconds = int(math.Ceil(op.Ended.Sub(op.Applied).Seconds()))
	}
	return doc
}
