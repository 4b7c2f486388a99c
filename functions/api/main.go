// Function api serves the admin HTTP API.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"lethe/internal/apigateway"
	"lethe/internal/app"
	"lethe/internal/web"
)

func main() {
	a := app.FromEnvironment()
	api := web.New(a.Service(), a.Operations(), a.Access(), web.Options{Log: a.Log()})
	lambda.Start(apigateway.Authorized(api, a.GroupsClaim(), web.WithIdentity))
}
