// Function work finishes purges, one message at a time.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/app"
)

func main() {
	lambda.Start(app.FromEnvironment().Work)
}
