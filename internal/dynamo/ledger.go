package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

// Ledger is a [customer.Ledger] in a table of its own. It only inserts items, with a
// statement that can't replace one. The policy of the table denies every other write
// to everybody.
//
// The ledger stores a certificate twice: in a block of its chain, which gives it its number, and
// under its customer, for look-ups.
type Ledger struct{ table *Table }

var _ customer.Ledger = (*Ledger)(nil)

// NewLedger returns the ledger in the table of the given name.
func NewLedger(cfg aws.Config, table string) *Ledger {
	return &Ledger{New(cfg, Options{Name: table})}
}

// certificate is the item under its customer, and an element of a block.
type certificate struct {
	PK                 string            `dynamodbav:"pk"`
	SK                 string            `dynamodbav:"sk"`
	Chain              int               `dynamodbav:"chain"`
	Seq                int64             `dynamodbav:"seq"`
	Previous           string            `dynamodbav:"previous"`
	Customer           string            `dynamodbav:"customer"`
	DeletedAt          string            `dynamodbav:"deletedAt"`
	DeletedBy          string            `dynamodbav:"deletedBy"`
	DeletionApprovedBy string            `dynamodbav:"deletionApprovedBy,omitempty"`
	PurgedAt           string            `dynamodbav:"purgedAt"`
	PurgedBy           string            `dynamodbav:"purgedBy"`
	ApprovedBy         string            `dynamodbav:"approvedBy,omitempty"`
	Policies           map[string]string `dynamodbav:"policies"`
	Erased             map[string]int64  `dynamodbav:"erased"`
	Retained           map[string]int64  `dynamodbav:"retained"`
	Residue            int               `dynamodbav:"residue"`
	Hash               string            `dynamodbav:"hash"`
}

// Certificate returns the certificate of a customer's purge. After a restored backup a customer may have been
// purged several times: then it returns the last.
func (l *Ledger) Certificate(ctx context.Context, id string) (customer.Certificate, error) {
	out, err := l.table.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &l.table.Name, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: customerPK(id)}},
	})
	if err != nil {
		return customer.Certificate{}, fmt.Errorf("dynamo: read certificate: %w", err)
	}
	last := certificate{}
	for _, it := range out.Items {
		var c certificate
		if err := attributevalue.UnmarshalMap(it, &c); err != nil {
			return customer.Certificate{}, fmt.Errorf("dynamo: decode certificate: %w", err)
		}
		if c.Seq > last.Seq { // all of a customer are in one chain
			last = c
		}
	}
	if last.PK == "" {
		return customer.Certificate{}, customer.ErrNotFound
	}
	return last.decode()
}

func newCertificate(c ledger.Certificate) certificate {
	return certificate{
		PK: customerPK(c.Customer), SK: c.DeletionID, Chain: ledger.ChainOf(c.Customer), Customer: c.Customer,
		DeletedAt: formatTime(c.DeletedAt), DeletedBy: c.DeletedBy, PurgedAt: formatTime(c.PurgedAt), PurgedBy: c.PurgedBy,
		DeletionApprovedBy: c.DeletionApprovedBy, ApprovedBy: c.ApprovedBy,
		Policies: nonNil(c.Policies), Erased: nonNil(c.Erased), Retained: nonNil(c.Retained), Residue: c.Residue,
	}
}

// nonNil returns the map, an empty one for nil: a document always has all its maps.
func nonNil[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// decode returns the document that the hash is of, with the stored hash.
func (c certificate) decode() (ledger.Certificate, error) {
	var p timeParser
	document := ledger.Certificate{
		Format: ledger.Format, Chain: c.Chain, Seq: c.Seq, Previous: c.Previous, Customer: c.Customer, DeletionID: c.SK,
		DeletedAt: p.time(c.DeletedAt), DeletedBy: c.DeletedBy, PurgedAt: p.time(c.PurgedAt), PurgedBy: c.PurgedBy,
		DeletionApprovedBy: c.DeletionApprovedBy, ApprovedBy: c.ApprovedBy,
		Policies: nonNil(c.Policies), Erased: nonNil(c.Erased), Retained: nonNil(c.Retained), Residue: c.Residue, Hash: c.Hash,
	}
	return document, p.err
}

// sum computes the hash of the certificate.
func (c certificate) sum() (string, error) {
	document, err := c.decode()
	if err != nil {
		return "", err
	}
	return document.Sum()
}
