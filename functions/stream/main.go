// Function stream follows the main table's changes: audit log, totals, TTL expiry.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/app"
)

func main() {
	lambda.Start(app.FromEnvironment().Stream)
}
