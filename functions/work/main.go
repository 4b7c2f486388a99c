// Function work does the work that is queued, a batch of messages at a time: chunks of operations, and single purges.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/app"
)

func main() {
	lambda.Start(app.FromEnvironment().Work)
}
