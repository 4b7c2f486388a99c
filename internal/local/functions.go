package main

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/local/lambda"
	"lethe/internal/template"
)

// freeConcurrency is the maximum of processes of a function for which the template sets no limit. On AWS it is a
// thousand.
const freeConcurrency = 10

// hostFunctions starts a host of the functions, with the environment that the template gives them.
func (s *system) hostFunctions(ctx context.Context, declared []template.Function, binaries map[string]string) error {
	account, err := s.account(ctx)
	if err != nil {
		return err
	}
	for _, f := range declared {
		environment := map[string]string{}
		for name, text := range f.Environment {
			if environment[name], err = text.Resolve(s.resources.lookup); err != nil {
				return fmt.Errorf("environment variable %s of %s: %w", name, f.ID, err)
			}
		}
		maps.Copy(environment, account)
		s.host.Add(lambda.Function{
			Name: f.Name, Binary: binaries[f.Name], Environment: environment, Timeout: s.timeout(f), Memory: f.Memory, Concurrency: concurrency(f),
		})
	}
	return nil
}

// account returns the environment that Lambda gives every function: region and credentials, with the endpoints of this machine.
func (s *system) account(ctx context.Context) (map[string]string, error) {
	identity, err := s.dynamoDB.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	return map[string]string{
		"AWS_REGION":                        s.dynamoDB.config.Region,
		"AWS_DEFAULT_REGION":                s.dynamoDB.config.Region,
		"AWS_ACCESS_KEY_ID":                 identity.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY":             identity.SecretAccessKey,
		"AWS_SESSION_TOKEN":                 identity.SessionToken,
		"AWS_ENDPOINT_URL_DYNAMODB":         s.dynamoDB.endpoint(),
		"AWS_ENDPOINT_URL_DYNAMODB_STREAMS": s.dynamoDB.endpoint(),
		"AWS_ENDPOINT_URL_SQS":              aws.ToString(s.sqs.config.BaseEndpoint),
	}, nil
}

// timeout returns the time limit of an invocation: the function's, or the one in the options.
func (s *system) timeout(f template.Function) time.Duration {
	if s.options.Timeout > 0 && len(f.Queues) > 0 {
		return s.options.Timeout
	}
	return f.Timeout
}

// concurrency returns the maximum of processes that the function's triggers can use.
func concurrency(f template.Function) int {
	if f.Concurrency > 0 {
		return f.Concurrency
	}
	return freeConcurrency
}
