package app

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/apigateway"
	"lethe/internal/web"
)

// HTTP answers a request as function api does, with the App's service.
func (a *App) HTTP(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	api := web.New(a.Service(), a.Operations(), a.Access(), web.Options{Log: a.Log()})
	return apigateway.Authorized(api, a.GroupsClaim(), web.WithIdentity)(ctx, event)
}

// adminGroup is the group of the tests' administrators. It has all permissions.
const adminGroup = "owners"

// signIn makes an event one of an administrator who has all permissions and has just signed in. Its token has no
// signature: the gateway would have verified it.
func signIn(e *events.APIGatewayV2HTTPRequest, subject string) {
	claims := fmt.Sprintf(`{"sub":%q,"groups":[%q],"auth_time":%d}`, subject, adminGroup, time.Now().Unix())
	if e.Headers == nil {
		e.Headers = map[string]string{}
	}
	e.Headers["authorization"] = "Bearer e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".signature"
	e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{"sub": subject}},
	}
}

func request(change func(*events.APIGatewayV2HTTPRequest)) (e events.APIGatewayV2HTTPRequest) {
	e.RequestContext.HTTP.SourceIP, e.RequestContext.DomainName, e.RequestContext.RequestID = "192.0.2.1", "api.example.com", "req-1"
	e.RequestContext.HTTP.Method = http.MethodPost
	change(&e)
	return e
}
