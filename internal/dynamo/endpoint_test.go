package dynamo

import (
	"context"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// resolver counts what it is asked.
type resolver struct{ asked int }

func (r *resolver) ResolveEndpoint(ctx context.Context, p dynamodb.EndpointParameters) (smithyendpoints.Endpoint, error) {
	r.asked++
	return dynamodb.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, p)
}

func TestAnEndpointIsResolvedOnce(t *testing.T) {
	inner := &resolver{}
	e := &endpoints{EndpointResolverV2: inner}
	parameters := dynamodb.EndpointParameters{Region: aws.String("eu-central-1"), ResourceArn: aws.String("table")}
	for range 2 {
		got, err := e.ResolveEndpoint(t.Context(), parameters)
		if want := "https://dynamodb.eu-central-1.amazonaws.com"; err != nil || got.URI.String() != want {
			t.Errorf("got %v, %v, want %s", got.URI, err, want)
		}
	}
	if inner.asked != 1 {
		t.Errorf("the SDK resolved it %d times, want once", inner.asked)
	}
}

// TestAnotherQuestionIsResolved changes each parameter, also those that a later version of the SDK adds.
func TestAnotherQuestionIsResolved(t *testing.T) {
	for i := range reflect.TypeFor[dynamodb.EndpointParameters]().NumField() {
		inner := &resolver{}
		e := &endpoints{EndpointResolverV2: inner}
		parameters := dynamodb.EndpointParameters{Region: aws.String("eu-central-1")}
		_, _ = e.ResolveEndpoint(t.Context(), parameters)
		changed := reflect.ValueOf(&parameters).Elem()
		another(t, changed.Field(i))
		_, _ = e.ResolveEndpoint(t.Context(), parameters) // not every change has an endpoint
		if inner.asked != 2 {
			t.Errorf("%s is another one, and the SDK was asked %d times, want twice", changed.Type().Field(i).Name, inner.asked)
		}
	}
}

func another(t *testing.T, field reflect.Value) {
	t.Helper()
	switch field.Interface().(type) {
	case *string:
		field.Set(reflect.ValueOf(aws.String("https://other")))
	case *bool:
		field.Set(reflect.ValueOf(aws.Bool(true)))
	case []string:
		field.Set(reflect.ValueOf([]string{"other"}))
	default:
		t.Fatalf("a parameter has the type %s", field.Type())
	}
}
