package engine

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// The identity that engines are given. DynamoDB Local refuses access keys with a dash.
const (
	Region    = "us-east-1"
	AccessKey = "local"
	SecretKey = "local"
	// Account is the account number in the names (ARNs) that engines make up.
	Account = "000000000000"
)

// Config is an AWS configuration of which every client talks to this endpoint.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region:       Region,
		Credentials:  credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, ""),
		BaseEndpoint: aws.String(endpoint),
	}
}
