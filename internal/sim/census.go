package sim

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Census is every item of both tables, as it was found.
type Census struct {
	roots    map[string]row                             // by customer
	records  map[string]map[string]row                  // by customer and sort key
	tokens   map[string][]row                           // by customer
	retained map[string][]row                           // by customer
	terms    map[string][]row                           // by customer
	claims   map[string]row                             // by e-mail address
	certs    map[string][]certificate                   // by customer
	filed    map[string]map[string]types.AttributeValue // certificates by pk and sk, as they are
	blocks   []block
	notes    []row // of idempotency keys
	kinds    map[string]kind
	spoken   []types.AttributeValue // all values of ledger and audit log
	unknown  []string               // keys that the map of items doesn't have
}

// row is what the checker reads of an item of the main table, whatever it is.
type row struct {
	PK   string `dynamodbav:"pk"`
	SK   string `dynamodbav:"sk"`
	List string `dynamodbav:"ipk"`
	Sort string `dynamodbav:"isk"`
	TTL  int64  `dynamodbav:"ttl"`

	State   string           `dynamodbav:"state"`
	Version int64            `dynamodbav:"version"`
	Created string           `dynamodbav:"created"`
	Counts  map[string]int64 `dynamodbav:"counts"`
	Holds   map[string]any   `dynamodbav:"holds"`
	Terms   []string         `dynamodbav:"terms"`
	Profile struct {
		Email string `dynamodbav:"email"`
	} `dynamodbav:"profile"`
	Deletion *struct {
		ID        string `dynamodbav:"id"`
		PurgeTime string `dynamodbav:"purgeTime"`
	} `dynamodbav:"deletion"`

	Kind     string `dynamodbav:"kind"`
	Data     string `dynamodbav:"data"`
	By       string `dynamodbav:"by"`
	Children int64  `dynamodbav:"children"`

	Customer string `dynamodbav:"customer"` // of a claim
	Kinds    []kind `dynamodbav:"kinds"`    // of the settings
}

type kind struct {
	Name   string   `dynamodbav:"name"`
	Policy string   `dynamodbav:"policy"`
	Keep   []string `dynamodbav:"keep"`
	For    string   `dynamodbav:"for"`
}

type certificate struct {
	PK        string           `dynamodbav:"pk"`
	SK        string           `dynamodbav:"sk"`
	Customer  string           `dynamodbav:"customer"`
	DeletedAt string           `dynamodbav:"deletedAt"`
	PurgedAt  string           `dynamodbav:"purgedAt"`
	PurgedBy  string           `dynamodbav:"purgedBy"`
	Erased    map[string]int64 `dynamodbav:"erased"`
	Retained  map[string]int64 `dynamodbav:"retained"`
	Residue   *int             `dynamodbav:"residue"`
}

// Read reads both tables, consistently.
func Read(ctx context.Context, cfg aws.Config, table, ledger string) (*Census, error) {
	c := &Census{
		roots: map[string]row{}, records: map[string]map[string]row{}, tokens: map[string][]row{},
		retained: map[string][]row{}, terms: map[string][]row{}, claims: map[string]row{},
		certs: map[string][]certificate{}, kinds: map[string]kind{},
		filed: map[string]map[string]types.AttributeValue{},
	}
	client := dynamodb.NewFromConfig(cfg)
	if err := scan(ctx, client, table, c.file); err != nil {
		return nil, err
	}
	return c, scan(ctx, client, ledger, c.fileCertificate)
}

func scan(ctx context.Context, client *dynamodb.Client, table string, file func(map[string]types.AttributeValue) error) error {
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("scan %s: %w", table, err)
		}
		for _, it := range page.Items {
			if err := file(it); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Census) fileCertificate(it map[string]types.AttributeValue) error {
	var cert certificate
	if err := attributevalue.UnmarshalMap(it, &cert); err != nil {
		return fmt.Errorf("certificate %v: %w", it["pk"], err)
	}
	c.spoken = append(c.spoken, &types.AttributeValueMemberM{Value: it})
	if c.fileBlock(it) {
		return nil
	}
	id := strings.TrimPrefix(cert.PK, "C#")
	c.certs[id] = append(c.certs[id], cert)
	c.filed[cert.PK+" "+cert.SK] = it
	return nil
}

// file puts an item where the map of items says that it belongs.
func (c *Census) file(it map[string]types.AttributeValue) error {
	var r row
	if err := attributevalue.UnmarshalMap(it, &r); err != nil {
		return fmt.Errorf("item %v %v: %w", it["pk"], it["sk"], err)
	}
	space, rest, _ := strings.Cut(r.PK, "#")
	switch {
	case space == "C" && r.SK == "#":
		c.roots[rest] = r
	case space == "C" && strings.HasPrefix(r.SK, "R#"):
		if c.records[rest] == nil {
			c.records[rest] = map[string]row{}
		}
		c.records[rest][r.SK] = r
	case space == "C" && strings.HasPrefix(r.SK, "T#"):
		c.tokens[rest] = append(c.tokens[rest], r)
	case space == "X" && strings.HasPrefix(r.SK, "R#"):
		c.retained[rest] = append(c.retained[rest], r)
	case space == "S":
		_, id, _ := strings.Cut(r.SK, "#")
		c.terms[id] = append(c.terms[id], r)
	case space == "E" && r.SK == "#":
		c.claims[rest] = r
	case space == "A", space == "O" && r.SK != "selection": // a selection goes when it is planned
		c.spoken = append(c.spoken, &types.AttributeValueMemberM{Value: it})
	case space == "I" && r.SK == "#":
		c.notes = append(c.notes, r)
	case r.PK == "P" && r.SK == "settings":
		for _, k := range r.Kinds {
			c.kinds[k.Name] = k
		}
	case r.PK == "P" && (strings.HasPrefix(r.SK, "totals#") || strings.HasPrefix(r.SK, "lease#")):
	default:
		c.unknown = append(c.unknown, r.PK+" "+r.SK)
	}
	return nil
}
