package dynamo

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// endpoints remembers what the SDK's resolver answers. The SDK evaluates its rules again for each request, and its answer depends
// on the parameters alone: a process has a few, which name its tables.
type endpoints struct {
	dynamodb.EndpointResolverV2

	known sync.Map // by question
}

// question has the values of all fields of [dynamodb.EndpointParameters] but ResourceArnList, of which there are many: a transaction
// names its table for each item.
type question struct {
	region, endpoint, account, accountMode, resource string
	dualStack, fips, search                          bool
}

// rememberEndpoints is an option of a client.
func rememberEndpoints(o *dynamodb.Options) {
	o.EndpointResolverV2 = &endpoints{EndpointResolverV2: o.EndpointResolverV2}
}

func (e *endpoints) ResolveEndpoint(ctx context.Context, p dynamodb.EndpointParameters) (smithyendpoints.Endpoint, error) {
	if len(p.ResourceArnList) > 0 {
		return e.EndpointResolverV2.ResolveEndpoint(ctx, p)
	}
	asked := question{
		aws.ToString(p.Region), aws.ToString(p.Endpoint), aws.ToString(p.AccountId), aws.ToString(p.AccountIdEndpointMode),
		aws.ToString(p.ResourceArn), aws.ToBool(p.UseDualStack), aws.ToBool(p.UseFIPS), aws.ToBool(p.IsSearchOperation),
	}
	if known, there := e.known.Load(asked); there {
		return known.(smithyendpoints.Endpoint), nil
	}
	resolved, err := e.EndpointResolverV2.ResolveEndpoint(ctx, p)
	if err == nil {
		e.known.Store(asked, resolved)
	}
	return resolved, err
}
