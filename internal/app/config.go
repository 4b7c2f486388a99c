package app

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/caarlos0/env/v11"

	"lethe/internal/customer"
)

// Config is what the functions are told by their environment; template.yaml sets it.
type Config struct {
	Table          string          `env:"TABLE,required,notEmpty"`
	Ledger         string          `env:"LEDGER,required,notEmpty"`
	QueueURL       string          `env:"QUEUE_URL,required,notEmpty"`
	Retention      customer.Period `env:"RETENTION" envDefault:"P30D"`  // until somebody sets one
	PurgeGrace     customer.Period `env:"PURGE_GRACE" envDefault:"P3D"` // after which TTL steps in; never is refused
	AuditRetention customer.Period `env:"AUDIT_RETENTION" envDefault:"P400D"`
	IndexShards    int             `env:"INDEX_SHARDS" envDefault:"4"`
	LogLevel       slog.Level      `env:"LOG_LEVEL" envDefault:"INFO"`

	FunctionName    string `env:"AWS_LAMBDA_FUNCTION_NAME"`
	Region          string `env:"AWS_REGION" envDefault:"us-east-1"`
	AccessKeyID     string `env:"AWS_ACCESS_KEY_ID"`
	SecretAccessKey string `env:"AWS_SECRET_ACCESS_KEY"`
	SessionToken    string `env:"AWS_SESSION_TOKEN"`

	// Other endpoints than AWS's own.
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
		return c, fmt.Errorf("PURGE_GRACE is never: TTL is the backstop of purges and needs a time")
	}
	return c, nil
}

func (c Config) grace() time.Duration {
	d, _ := c.PurgeGrace.Length()
	return d
}

// aws makes the SDK's configuration itself: the SDK's own config package looks for
// files and profiles that a function has none of, and costs 2 MB and a fifth of the
// cold start.
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
