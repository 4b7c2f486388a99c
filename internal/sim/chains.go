package sim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/ledger"
)

// block is one of a ledger's chain, with its certificates as they are filed under their
// customers too.
type block struct {
	pk, sk string
	certs  []map[string]types.AttributeValue
}

// linked is what the checker reads of a certificate in its chain: what the API shows.
type linked struct {
	PK         string            `dynamodbav:"pk" json:"-"`
	Format     int               `dynamodbav:"-" json:"format"`
	Chain      int               `dynamodbav:"chain" json:"chain"`
	Seq        int64             `dynamodbav:"seq" json:"seq"`
	Previous   string            `dynamodbav:"previous" json:"previous"`
	Customer   string            `dynamodbav:"customer" json:"customer"`
	DeletionID string            `dynamodbav:"sk" json:"deletionId"`
	DeletedAt  string            `dynamodbav:"deletedAt" json:"deletedAt"`
	DeletedBy  string            `dynamodbav:"deletedBy" json:"deletedBy"`
	PurgedAt   string            `dynamodbav:"purgedAt" json:"purgedAt"`
	PurgedBy   string            `dynamodbav:"purgedBy" json:"purgedBy"`
	Policies   map[string]string `dynamodbav:"policies" json:"policies"`
	Erased     map[string]int64  `dynamodbav:"erased" json:"erased"`
	Retained   map[string]int64  `dynamodbav:"retained" json:"retained"`
	Residue    int               `dynamodbav:"residue" json:"residue"`
	Hash       string            `dynamodbav:"hash" json:"hash"`
}

// fileBlock files an item of the ledger if it is a block.
func (c *Census) fileBlock(it map[string]types.AttributeValue) bool {
	pk, _ := it["pk"].(*types.AttributeValueMemberS)
	sk, _ := it["sk"].(*types.AttributeValueMemberS)
	if pk == nil || sk == nil || !strings.HasPrefix(pk.Value, "L#") {
		return false
	}
	b := block{pk: pk.Value, sk: sk.Value}
	if list, ok := it["certificates"].(*types.AttributeValueMemberL); ok {
		for _, v := range list.Value {
			if m, ok := v.(*types.AttributeValueMemberM); ok {
				b.certs = append(b.certs, m.Value)
			}
		}
	}
	c.blocks = append(c.blocks, b)
	return true
}

// checkChains verifies every chain, as anybody can from outside, and compares what is in
// the chains with what is filed under the customers.
func (c *Census) checkChains(f *findings) {
	slices.SortFunc(c.blocks, func(a, b block) int { return strings.Compare(a.pk+" "+a.sk, b.pk+" "+b.sk) })
	verifier := ledger.NewVerifier()
	filed := 0
	for i, b := range c.blocks {
		f.must(len(b.certs) > 0, "ledger %s %s: an empty block", b.pk, b.sk)
		last := i+1 == len(c.blocks) || c.blocks[i+1].pk != b.pk
		for j, cert := range b.certs {
			l, err := readLinked(cert)
			if err != nil {
				f.add("ledger %s %s: %v", b.pk, b.sk, err)
				continue
			}
			f.must(b.pk == fmt.Sprintf("L#%d", l.Chain), "ledger %s %s: holds a certificate of chain %d", b.pk, b.sk, l.Chain)
			f.must(j > 0 || b.sk == fmt.Sprintf("%012d", l.Seq), "ledger %s %s: begins with number %d", b.pk, b.sk, l.Seq)
			c.verify(f, verifier, l)
			switch original, there := c.filed[l.PK+" "+l.DeletionID]; {
			case there:
				filed++
				f.must(reflect.DeepEqual(original, cert), "ledger %s %s: is filed otherwise than it is in its chain", l.PK, l.DeletionID)
			default:
				f.must(last && c.roots[l.Customer].State == purging, "ledger %s %s: is in its chain but not filed", l.PK, l.DeletionID)
			}
		}
	}
	f.must(filed == len(c.filed), "ledger: %d certificates are filed, %d of them are in a chain", len(c.filed), filed)
}

func (c *Census) verify(f *findings, verifier *ledger.Verifier, l linked) {
	l.Format = ledger.Format
	for _, at := range []*string{&l.DeletedAt, &l.PurgedAt} {
		*at = asAnswered(*at)
	}
	document, err := json.Marshal(l)
	if err != nil {
		f.add("ledger %s %s: %v", l.PK, l.DeletionID, err)
		return
	}
	for _, found := range verifier.Add(document) {
		f.add("ledger: %s", found)
	}
}

// asAnswered is a time as the API writes it, without the zeros at its end.
func asAnswered(at string) string {
	return strings.TrimRight(strings.TrimRight(strings.TrimSuffix(at, "Z"), "0"), ".") + "Z"
}

func readLinked(cert map[string]types.AttributeValue) (linked, error) {
	var l linked
	err := attributevalue.UnmarshalMap(cert, &l)
	return l, err
}
