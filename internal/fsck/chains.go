package fsck

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/ledger"
)

// Each certificate is stored twice: linked, in a block of its chain, and filed, as an item under its
// customer. Both must be equal.

// chains is the position in the chains of the ledger, with the counts so far.
type chains struct {
	Chain  int         // chain to continue with
	Head   ledger.Head // last verified certificate
	After  string      // sort key of the last verified block
	Filed  int64       // filed certificates that the scan has read
	Linked int64       // linked certificates that are filed
	Done   bool
}

// block is an item of a chain.
type block struct {
	PK           string `dynamodbav:"pk"`
	SK           string `dynamodbav:"sk"`
	Certificates []item `dynamodbav:"-"`
}

const chainPrefix = "L#"

func chainPK(chain int) string { return fmt.Sprintf("%s%d", chainPrefix, chain) }

// blockSK returns the sort key of the block that begins with the certificate seq.
func blockSK(seq int64) string { return fmt.Sprintf("%012d", seq) }

func decodeBlock(it item) block {
	b := block{PK: keyOf(it).PK, SK: keyOf(it).SK}
	list, _ := it["certificates"].(*types.AttributeValueMemberL)
	if list == nil {
		return b
	}
	for _, v := range list.Value {
		if m, ok := v.(*types.AttributeValueMemberM); ok {
			b.Certificates = append(b.Certificates, m.Value)
		}
	}
	return b
}

// checkChains verifies every chain as an auditor can, and compares linked with filed certificates.
// It stops between two blocks when the part should end.
func (c *check) checkChains(ctx context.Context, p *chains) error {
	for ; p.Chain < ledger.Chains; p.Chain++ {
		if finished, err := c.checkChain(ctx, p); !finished || err != nil {
			return err
		}
		p.Head, p.After = ledger.Head{}, ""
	}
	if p.Filed > p.Linked {
		if err := c.findUnlinked(ctx); err != nil {
			return err
		}
	}
	p.Done = true
	return nil
}

func (c *check) checkChain(ctx context.Context, p *chains) (finished bool, err error) {
	verifier := ledger.NewVerifier()
	if p.Head.Seq > 0 {
		verifier.Resume(p.Head)
	}
	for it, err := range c.client.queryAfter(ctx, c.Ledger, chainPK(p.Chain), p.After) {
		if err != nil {
			return false, err
		}
		b := decodeBlock(it)
		linked, err := c.checkBlock(ctx, p.Chain, b, verifier)
		if err != nil {
			return false, err
		}
		p.Linked += linked
		if p.Head, p.After = verifier.Heads()[p.Chain], b.SK; c.late() {
			return false, nil
		}
	}
	return true, nil
}

// checkBlock checks a block and returns how many of its certificates are filed.
func (c *check) checkBlock(ctx context.Context, chain int, b block, verifier *ledger.Verifier) (linked int64, err error) {
	if len(b.Certificates) == 0 {
		c.addChainFinding(b, "", "is an empty block")
	}
	for i, cert := range b.Certificates {
		link, err := readLink(cert)
		switch {
		case err != nil:
			c.addChainFinding(b, "", "holds a certificate that can't be read: "+withoutValue(err))
			continue
		case link.Chain != chain:
			c.addChainFinding(b, link.Customer, fmt.Sprintf("holds a certificate of chain %d", link.Chain))
		case i == 0 && b.SK != blockSK(link.Seq):
			c.addChainFinding(b, link.Customer, fmt.Sprintf("begins with number %d", link.Seq))
		}
		document, err := json.Marshal(link)
		if err != nil {
			return 0, fmt.Errorf("fsck: encode certificate: %w", err)
		}
		for _, found := range verifier.Add(document) {
			c.addChainFinding(b, found.Customer, fmt.Sprintf("number %d is %s: %s", found.Seq, found.Problem, found.Detail))
		}
	}
	return c.checkFiling(ctx, b)
}

func (c *check) addChainFinding(b block, customer, problem string) {
	c.addFinding(Finding{Rule: CertificateBroken, Customer: customer, Key: "ledger " + b.PK + " " + b.SK, Problem: problem})
}

// readLink returns a certificate in the form of the API, which is hashed. All its members except two are
// stored under the same names.
func readLink(cert item) (ledger.Certificate, error) {
	var link ledger.Certificate
	err := attributevalue.UnmarshalMapWithOptions(cert, &link, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
	link.Format, link.DeletionID = ledger.Format, keyOf(cert).SK
	return link, err
}

// checkFiling compares the certificates of a block with the filed ones, and returns how many are
// filed.
func (c *check) checkFiling(ctx context.Context, b block) (filed int64, err error) {
	originals, err := c.readFiled(ctx, b.Certificates)
	if err != nil {
		return 0, err
	}
	ended, err := c.unfiled(ctx, b.Certificates, originals)
	if err != nil {
		return 0, err
	}
	since, err := c.readFiled(ctx, ended) // by purges that ended between the two reads
	if err != nil {
		return 0, err
	}
	for _, cert := range ended {
		if _, is := since[keyOf(cert)]; !is {
			c.addChainFinding(b, keyOf(cert).customer(), "holds a certificate that is not filed under its customer")
		}
	}
	maps.Copy(originals, since)
	for _, cert := range b.Certificates {
		k := keyOf(cert)
		if original, is := originals[k]; is && !reflect.DeepEqual(original, cert) {
			c.addFinding(Finding{
				Rule: CertificateBroken, Customer: k.customer(), Key: "ledger " + k.PK + " " + k.SK,
				Problem: "differs from the same certificate in its chain",
			})
		}
	}
	return int64(len(originals)), nil
}

// readFiled reads those of the certificates that are filed.
func (c *check) readFiled(ctx context.Context, certs []item) (map[key]item, error) {
	keys := map[key]bool{}
	for _, cert := range certs {
		keys[keyOf(cert)] = true
	}
	return c.client.wholes(ctx, c.Ledger, slices.Collect(maps.Keys(keys)))
}

// unfiled returns the certificates that are not filed although their purge has ended. A running purge
// may still file them.
func (c *check) unfiled(ctx context.Context, certs []item, filed map[key]item) (ended []item, err error) {
	for _, cert := range certs {
		k := keyOf(cert)
		if _, is := filed[k]; is {
			continue
		}
		under, err := c.isPurging(ctx, k.customer())
		if err != nil {
			return nil, err
		}
		if !under {
			ended = append(ended, cert)
		}
	}
	return ended, nil
}

func (c *check) isPurging(ctx context.Context, id string) (bool, error) {
	it, err := c.client.get(ctx, c.Table, rootKey(id))
	if err != nil || it == nil {
		return false, err
	}
	root, err := decode(it)
	return err == nil && root.State == purging, nil
}

// findUnlinked finds certificates that are filed but not linked. It is called if more are filed than
// linked. The scan may have counted some twice, so it looks for each in its chain.
func (c *check) findUnlinked(ctx context.Context) error {
	for after, first := (key{}), true; first || after != (key{}); first = false {
		items, next, err := c.client.scan(ctx, c.Ledger, 0, 1, after)
		if err != nil {
			return err
		}
		for _, it := range items {
			if k := keyOf(it); strings.HasPrefix(k.PK, "C#") {
				if err := c.checkLinked(ctx, k, it); err != nil {
					return err
				}
			}
		}
		after = next
	}
	return nil
}

func (c *check) checkLinked(ctx context.Context, k key, it item) error {
	link, err := readLink(it)
	if err == nil {
		it, err := c.client.lastUpTo(ctx, c.Ledger, chainPK(link.Chain), blockSK(link.Seq))
		if err != nil {
			return err
		}
		for _, cert := range decodeBlock(it).Certificates {
			if keyOf(cert) == k {
				return nil
			}
		}
	}
	c.addFinding(Finding{
		Rule: CertificateBroken, Customer: k.customer(), Key: "ledger " + k.PK + " " + k.SK,
		Problem: "is not in its chain",
	})
	return nil
}
