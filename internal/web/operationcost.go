package web

import (
	"math"

	"lethe/internal/bulk"
	"lethe/internal/operations"
)

// Usage is the cost of an operation.
type Usage struct {
	Requests   int      `json:"requests" doc:"Requests to the table that change or read customers. In actual: counted."`
	WriteUnits float64  `json:"writeUnits" doc:"DynamoDB write request units of these requests. In actual: as reported by the table."`
	ReadUnits  float64  `json:"readUnits" doc:"DynamoDB read request units of these requests. In actual: as reported by the table."`
	Overhead   Overhead `json:"overhead" doc:"What the operation costs besides. It is computed, in estimate and in actual: no part of it is measured."`
	Dollars    float64  `json:"dollars" doc:"All of this, at the on-demand prices of us-east-1, without the time that the functions run. Your region can have other prices."`
	Seconds    int      `json:"seconds,omitempty" doc:"In estimate: the time of one worker at its first pace; the table may allow more, and several workers share the work. In actual: the time from apply to the end."`
}

// Overhead is what an operation costs besides the requests that change or read customers.
type Overhead struct {
	Requests      int     `json:"requests" doc:"Further requests to the table: the stream function writes the audit log and the totals, and workers read and write the operation itself."`
	WriteUnits    float64 `json:"writeUnits" doc:"DynamoDB write request units of the further requests."`
	ReadUnits     float64 `json:"readUnits" doc:"DynamoDB read request units of the further requests."`
	QueueRequests int     `json:"queueRequests" doc:"Requests to SQS, if no message shares a request with another one."`
	Invocations   int     `json:"invocations" doc:"Invocations of the functions work and stream, if the change stream delivers full batches."`
}

// startPace is the first pace of a worker, in write units per second.
const startPace = 1000

func usageOf(u bulk.Usage, o operations.Overhead) Usage {
	return Usage{
		Requests: u.Requests, WriteUnits: u.WriteUnits, ReadUnits: u.ReadUnits, Overhead: Overhead(o), Dollars: operations.Dollars(u, o),
	}
}

func estimateOf(op bulk.Operation) Usage {
	if op.Planned.IsZero() {
		return Usage{}
	}
	doc := usageOf(op.Impact.Estimate, operations.EstimateOverhead(op))
	doc.Seconds = int(math.Ceil(doc.WriteUnits / startPace))
	return doc
}

func actualOf(op bulk.Operation, t bulk.Tally) Usage {
	doc := usageOf(t.Usage, operations.OverheadSoFar(op, t))
	if !op.Applied.IsZero() && !op.Ended.IsZero() {
		doc.Seconds = int(math.Ceil(op.Ended.Sub(op.Applied).Seconds()))
	}
	return doc
}
