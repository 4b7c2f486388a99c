package web

import (
	"math"

	"lethe/internal/bulk"
)

// Usage is the cost of an operation: requests to the table, and the capacity units and dollars for them.
type Usage struct {
	Requests   int     `json:"requests" doc:"Requests to the table."`
	WriteUnits float64 `json:"writeUnits" doc:"DynamoDB write request units."`
	ReadUnits  float64 `json:"readUnits" doc:"DynamoDB read request units."`
	Dollars    float64 `json:"dollars" doc:"At the on-demand prices of us-east-1. Your region can have other prices."`
	Seconds    int     `json:"seconds,omitempty" doc:"In estimate: the time of one worker at its first pace; the table may allow more, and several workers share the work. In actual: the time from apply to the end."`
}

// The on-demand prices of us-east-1 for a million units, in dollars, and the first pace of a worker, in write units per
// second. https://aws.amazon.com/dynamodb/pricing/on-demand/
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
