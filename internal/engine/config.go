package engine

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// The identity that clients of the engines use. DynamoDB Local refuses access keys with a dash.
const (
	Region    = "us-east-1"
	AccessKey = "local"
	SecretKey = "local"
	// Account is the account number in the ARNs of the engines.
	Account = "000000000000"
)

// Config returns an AWS configuration for clients of this endpoint.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region:       Region,
		Credentials:  credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, ""),
		BaseEndpoint: aws.String(endpoint),
	}
}
