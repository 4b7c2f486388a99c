// Function api serves the admin HTTP API.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/app"
)

func main() {
	lambda.Start(app.FromEnvironment().HTTP)
}
