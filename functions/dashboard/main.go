// Function dashboard serves the dashboard's files. It reads no environment and needs no table and no queue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/apigateway"
	"lethe/internal/web/dashboard"
)

func main() {
	lambda.Start(apigateway.Public(dashboard.Handler()))
}
