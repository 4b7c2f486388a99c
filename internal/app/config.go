package app

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/caarlos0/env/v11"

	"lethe/internal/admin"
	"lethe/internal/customer"
)

// Config is the configuration of the functions, from environment variables that template.yaml sets.
type Config struct {
	Table          string          `env:"TABLE,required,notEmpty"`
	Ledger         string          `env:"LEDGER,required,notEmpty"`
	QueueURL       string          `env:"QUEUE_URL,required,notEmpty"`
	Retention      customer.Period `env:"RETENTION" envDefault:"P30D"`  // until an administrator sets one
	PurgeGrace     customer.Period `env:"PURGE_GRACE" envDefault:"P3D"` // from the purge time to TTL; not never
	AuditRetention customer.Period `env:"AUDIT_RETENTION" envDefault:"P400D"`
	IndexShards    int             `env:"INDEX_SHARDS" envDefault:"4"`
	AdminGroup     string          `env:"ADMIN_GROUP"` // the group that has all permissions; empty: none
	GroupsClaim    string          `env:"GROUPS_CLAIM" envDefault:"groups"`
	LogLevel       slog.Level      `env:"LOG_LEVEL" envDefault:"INFO"`

	FunctionName    string `env:"AWS_LAMBDA_FUNCTION_NAME"`
	Region          string `env:"AWS_REGION" envDefault:"us-east-1"`
	AccessKeyID     string `env:"AWS_ACCESS_KEY_ID"`
	SecretAccessKey string `env:"AWS_SECRET_ACCESS_KEY"`
	SessionToken    string `env:"AWS_SESSION_TOKEN"`

	// Endpoints, if they are not AWS's.
	DynamoDBURL string `env:"AWS_ENDPOINT_URL_DYNAMODB"`
	SQSURL      string `env:"AWS_ENDPOINT_URL_SQS"`
}

// ReadConfig reads the environment. Its error names every variable that is wrong.
func ReadConfig() (Config, error) {
	c, err := env.ParseAs[Config]()
	if err != nil {
		return c, err
	}
	if c.IndexShards < 1 {
		return c, fmt.Errorf("INDEX_SHARDS is %d: it must be at least 1", c.IndexShards)
	}
	if _, ok := c.PurgeGrace.Length(); !ok {
		return c, fmt.Errorf("PURGE_GRACE is never: give a length of time, such as P3D; after it TTL removes customers that were not purged")
	}
	if kept, ok := c.AuditRetention.Length(); ok && kept < minAudit {
		return c, fmt.Errorf("AUDIT_RETENTION is %s: it must be at least P2D; the change stream may deliver a change again for a day, and without its entry the change would be counted twice", c.AuditRetention)
	}
	if c.AdminGroup != "" && !admin.ValidGroup(c.AdminGroup) {
		return c, fmt.Errorf("ADMIN_GROUP is %q: the name of a group has at most 128 bytes, and no space, comma or bracket", c.AdminGroup)
	}
	return c, nil
}

// minAudit is longer than customer.StreamLife: as long as a change may be delivered again, its audit entry must be there.
const minAudit = 2 * customer.StreamLife

func (c Config) grace() time.Duration {
	d, _ := c.PurgeGrace.Length()
	return d
}

// aws returns a configuration for the SDK. It does not use the SDK's config package, which looks
// for files and profiles that a function does not have, and adds 2 MB and a fifth of the cold
// start.
func (c Config) aws(endpoint string) aws.Config {
	cfg := aws.Config{
		Region:      c.Region,
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
	}
	if endpoint != "" {
		cfg.BaseEndpoint = &endpoint
	}
	return cfg
}

func (c Config) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: c.LogLevel}))
}
