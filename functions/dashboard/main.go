// Function dashboard serves the dashboard's files.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/app"
)

func main() {
	lambda.Start(app.Dashboard())
}
