package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// Ledger is a [customer.Ledger] in a table of its own, which nothing here ever changes
// or deletes from.
type Ledger struct {
	client *dynamodb.Client
	table  string
}

var _ customer.Ledger = (*Ledger)(nil)

// NewLedger is the ledger in the table with the given name.
func NewLedger(cfg aws.Config, table string) *Ledger {
	return &Ledger{client: dynamodb.NewFromConfig(Metering(cfg)), table: table}
}

type certificate struct {
	PK        string            `dynamodbav:"pk"`
	SK        string            `dynamodbav:"sk"`
	Customer  string            `dynamodbav:"customer"`
	DeletedAt string            `dynamodbav:"deletedAt"`
	DeletedBy string            `dynamodbav:"deletedBy"`
	PurgedAt  string            `dynamodbav:"purgedAt"`
	PurgedBy  string            `dynamodbav:"purgedBy"`
	Policies  map[string]string `dynamodbav:"policies"`
	Erased    map[string]int64  `dynamodbav:"erased"`
	Retained  map[string]int64  `dynamodbav:"retained"`
	Residue   int               `dynamodbav:"residue"`
}

// Certify adds certificates. That of the same purge stays as it was.
func (l *Ledger) Certify(ctx context.Context, certs ...customer.Certificate) error {
	for _, c := range certs {
		if err := l.certify(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) certify(ctx context.Context, c customer.Certificate) error {
	it, err := attributevalue.MarshalMap(newCertificate(c))
	if err != nil {
		return fmt.Errorf("dynamo: encode certificate: %w", err)
	}
	_, err = l.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &l.table, Item: it, ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}

// Certificate finds the certificate of a customer's purge; the last, should a restored
// backup have made several necessary.
func (l *Ledger) Certificate(ctx context.Context, id string) (customer.Certificate, error) {
	out, err := l.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &l.table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: customerPK(id)}},
	})
	if err != nil {
		return customer.Certificate{}, fmt.Errorf("dynamo: read certificate: %w", err)
	}
	latest := certificate{}
	for _, it := range out.Items {
		var c certificate
		if err := attributevalue.UnmarshalMap(it, &c); err != nil {
			return customer.Certificate{}, fmt.Errorf("dynamo: decode certificate: %w", err)
		}
		if c.PurgedAt > latest.PurgedAt {
			latest = c
		}
	}
	if latest.PK == "" {
		return customer.Certificate{}, customer.ErrNotFound
	}
	return latest.decode()
}

func newCertificate(c customer.Certificate) certificate {
	out := certificate{
		PK: customerPK(c.Customer), SK: c.Generation, Customer: c.Customer,
		DeletedAt: formatTime(c.DeletedAt), DeletedBy: c.DeletedBy,
		PurgedAt: formatTime(c.PurgedAt), PurgedBy: c.PurgedBy,
		Policies: map[string]string{}, Erased: c.Erased, Retained: c.Retained, Residue: c.Residue,
	}
	for kind, p := range c.Policies {
		out.Policies[kind] = string(p)
	}
	return out
}

func (c certificate) decode() (customer.Certificate, error) {
	var p timeParser
	out := customer.Certificate{
		Customer: c.Customer, Generation: c.SK,
		DeletedAt: p.time(c.DeletedAt), DeletedBy: c.DeletedBy,
		PurgedAt: p.time(c.PurgedAt), PurgedBy: c.PurgedBy,
		Policies: map[string]customer.Policy{}, Erased: c.Erased, Retained: c.Retained, Residue: c.Residue,
	}
	for kind, policy := range c.Policies {
		out.Policies[kind] = customer.Policy(policy)
	}
	return out, p.err
}
