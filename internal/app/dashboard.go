package app

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/web/dashboard"
)

// Dashboard returns a handler for the dashboard's files. It reads no environment and needs no table
// and no queue.
func Dashboard() func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	files := dashboard.Handler()
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		request, err := newRequest(ctx, event)
		if err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
		w := &responseWriter{header: http.Header{}}
		files.ServeHTTP(w, request)
		return w.response(), nil
	}
}
