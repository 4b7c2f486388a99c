// Function dashboard serves the dashboard's files. It needs no table and no queue.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/apigateway"
	"lethe/internal/web/dashboard"
)

func main() {
	lambda.Start(apigateway.Public(dashboard.Handler(dashboard.FromEnvironment(os.Getenv))))
}
