package cloud

import "time"

// What AWS documents. The pages are of docs.aws.amazon.com, by their titles.
const (
	// "Partitions and data distribution" and "Burst and adaptive capacity", DynamoDB Developer Guide.
	partitionWrites = 1000 // units a second
	partitionReads  = 3000

	// "Initial throughput and scaling properties", DynamoDB Developer Guide. A table may throttle when it exceeds twice its
	// previous peak within 30 minutes.
	newTableWrites = 4000
	growth         = 2
	growthPeriod   = 30 * time.Minute

	// "Quotas in Amazon DynamoDB": the default of a table, and of each of its indexes.
	tableWrites = 40_000

	// "Amazon SQS message quotas", Amazon SQS Developer Guide.
	maxInFlight = 120_000

	// "Configuring scaling behavior for SQS event source mappings", Lambda Developer Guide. Older versions of the page say
	// 1,000 instead of 1,250.
	firstPollers     = 5
	pollersPerMinute = 300
	maxPollers       = 1250

	// "Lambda function scaling" and "Lambda quotas", Lambda Developer Guide.
	accountConcurrency = 1000
	concurrencyStep    = 1000
	concurrencyPeriod  = 10 * time.Second

	// "Polling and batching streams", Lambda Developer Guide: four times a second for each shard.
	streamPoll = 250 * time.Millisecond

	// "Configure Lambda function memory", Lambda Developer Guide: 1,769 MB are one processor.
	megabytesPerCPU = 1769

	// "Retry behavior", AWS SDKs and Tools Reference Guide: standard mode, the SDK's default.
	sdkAttempts = 3
	sdkFirst    = time.Second
)

// What AWS does not document, so it is assumed. "Single-digit milliseconds" is all that DynamoDB promises.
const (
	latencySpread = 0.25 // standard deviation of the logarithm of a latency

	readLatency   = 4 * time.Millisecond
	writeLatency  = 5 * time.Millisecond
	batchLatency  = 9 * time.Millisecond
	commitLatency = 12 * time.Millisecond // of a transaction; two rounds
	queueLatency  = 8 * time.Millisecond
	startLatency  = 60 * time.Millisecond // of a new instance of a function, before it handles its first event

	// A stream has a shard for each partition of its table.
	shardsPerPartition = 1
)

// latencyOf is the median time until a request is answered.
func latencyOf(operation string) time.Duration {
	switch operation {
	case "GetItem", "Query":
		return readLatency
	case "BatchGetItem", "BatchWriteItem", "BatchExecuteStatement", "Scan":
		return batchLatency
	case "TransactWriteItems":
		return commitLatency
	case "SendMessageBatch", "SendMessage", "GetQueueAttributes":
		return queueLatency
	}
	return writeLatency
}

// Price is what AWS charges in us-east-1, in dollars: "Amazon DynamoDB pricing" (on-demand, Standard table class), "Amazon
// SQS pricing" (standard queues) and "AWS Lambda pricing" (arm64), without their free tiers. Reading a table's stream by
// Lambda is free. API Gateway, logs and storage are left out.
var Price = struct{ WriteUnit, ReadUnit, QueueRequest, Invocation, GigabyteSecond float64 }{
	WriteUnit:      0.625 / 1e6,
	ReadUnit:       0.125 / 1e6,
	QueueRequest:   0.40 / 1e6,
	Invocation:     0.20 / 1e6,
	GigabyteSecond: 0.0000133334,
}
