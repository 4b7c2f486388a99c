package app

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/apigateway"
	"lethe/internal/web"
)

// HTTP answers a request as function api does, with the App's service.
func (a *App) HTTP(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	api := web.New(a.Service(), a.Operations(), web.Options{Log: a.Log()})
	return apigateway.Authorized(api, web.WithActor)(ctx, event)
}

func request(change func(*events.APIGatewayV2HTTPRequest)) (e events.APIGatewayV2HTTPRequest) {
	e.RequestContext.HTTP.SourceIP, e.RequestContext.DomainName, e.RequestContext.RequestID = "192.0.2.1", "api.example.com", "req-1"
	e.RequestContext.HTTP.Method = http.MethodPost
	change(&e)
	return e
}
