// Function purge finds, on schedule, what is due and what is stuck.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/app"
)

func main() {
	lambda.Start(app.FromEnvironment().Sweep)
}
