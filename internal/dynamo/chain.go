package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

// A chain is a row of blocks, each of the certificates that were appended together. A
// block's sort key is the number of its first certificate, so that the block before it
// says what that key must be, and two that follow the same block can't both be inserted:
// a chain has neither fork nor gap.
//
// An append inserts a block, and then files its certificates under their customers. A
// crash may come between the two. Therefore nobody appends before all that the last
// block holds is filed, and so, whenever there is a block,
//
//	everything in the blocks before it is filed.
//
// It follows that a purge is certified once. Whoever appends its certificate has read
// the last block, which didn't hold it, and then seen that it wasn't filed. Had an
// earlier block held it, it would have been; had somebody appended it since, the insertion
// would have failed on the key.
type block struct {
	PK           string        `dynamodbav:"pk"`
	SK           string        `dynamodbav:"sk"`
	Certificates []certificate `dynamodbav:"certificates"`
}

const (
	maxBlock  = 25 // certificates: a request files them all, and 400 KB hold them at their largest
	appenders = 8  // chains that one call appends to at once
)

// Certify appends certificates, those of a chain together. That of the same purge stays
// as it was. Run again after a failure it completes what it began.
func (l *Ledger) Certify(ctx context.Context, certs ...customer.Certificate) error {
	chains := map[int][]certificate{}
	for _, c := range certs {
		chain := ledger.ChainOf(c.Customer)
		chains[chain] = append(chains[chain], newCertificate(c))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(appenders)
	for chain, all := range chains {
		group.Go(func() error {
			for some := range slices.Chunk(all, maxBlock) {
				if err := l.append(ctx, chain, some); err != nil {
					return fmt.Errorf("dynamo: certify: %w", err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// append returns when all are in the chain and filed, by whomever.
func (l *Ledger) append(ctx context.Context, chain int, certs []certificate) error {
	for attempt := 1; ; attempt++ {
		last, err := l.last(ctx, chain)
		if err != nil {
			return err
		}
		fresh, err := l.settle(ctx, last, certs)
		if err != nil || len(fresh) == 0 {
			return err
		}
		next, err := last.next(chain, fresh)
		if err != nil {
			return err
		}
		taken, err := insert(ctx, l.table, []block{next})
		if err != nil {
			return err
		}
		if len(taken) == 0 {
			_, err := insert(ctx, l.table, next.Certificates)
			return err
		}
		// Somebody was faster, or the insertion succeeded and its answer was lost.
		if err := sleep(ctx, attempt, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// last is the last block of a chain; the zero block of an empty one.
func (l *Ledger) last(ctx context.Context, chain int) (block, error) {
	for b, err := range l.blocks(ctx, &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: chainPK(chain)}},
		ScanIndexForward:          aws.Bool(false), Limit: aws.Int32(1),
	}) {
		return b, err
	}
	return block{}, nil
}

// settle files what the last block holds and isn't filed yet, and says which of the
// wanted certificates are still to be appended.
func (l *Ledger) settle(ctx context.Context, last block, wanted []certificate) (fresh []certificate, err error) {
	filed, err := l.filed(ctx, slices.Concat(last.Certificates, wanted))
	if err != nil {
		return nil, err
	}
	var unfiled []certificate
	for _, c := range last.Certificates {
		if !filed[c.key()] {
			unfiled = append(unfiled, c)
			filed[c.key()] = true
		}
	}
	if _, err := insert(ctx, l.table, unfiled); err != nil {
		return nil, err
	}
	for _, c := range wanted {
		if !filed[c.key()] {
			fresh = append(fresh, c)
			filed[c.key()] = true // should it be wanted twice
		}
	}
	return fresh, nil
}

type certificateKey struct{ pk, sk string }

func (c certificate) key() certificateKey { return certificateKey{c.PK, c.SK} }

func (l *Ledger) filed(ctx context.Context, certs []certificate) (map[certificateKey]bool, error) {
	wanted := map[certificateKey]item{}
	for _, c := range certs {
		wanted[c.key()] = keyOf(c.PK, c.SK)
	}
	found, err := l.table.batchGet(ctx, slices.Collect(maps.Values(wanted)), true)
	filed := map[certificateKey]bool{}
	for _, it := range found {
		filed[certificateKey{stringOf(it, "pk"), stringOf(it, "sk")}] = true
	}
	return filed, err
}

// next is the block after this one, which gives certificates their places.
func (b block) next(chain int, certs []certificate) (block, error) {
	seq, hash := int64(0), ledger.Origin
	if n := len(b.Certificates); n > 0 {
		seq, hash = b.Certificates[n-1].Seq, b.Certificates[n-1].Hash
	}
	following := block{PK: chainPK(chain), SK: blockSK(seq + 1), Certificates: slices.Clone(certs)}
	for i := range following.Certificates {
		c := &following.Certificates[i]
		seq++
		c.Chain, c.Seq, c.Previous = chain, seq, hash
		var err error
		if hash, err = c.sum(); err != nil {
			return block{}, err
		}
		c.Hash = hash
	}
	return following, nil
}

// insert inserts up to 25 items, and returns the indices of those that are there already.
func insert[V any](ctx context.Context, t *Table, values []V) (taken []int, err error) {
	pending := make([]int, len(values))
	statements := make([]types.BatchStatementRequest, len(values))
	for i, v := range values {
		pending[i] = i
		if statements[i], err = insertion(t.Name, v); err != nil {
			return nil, err
		}
	}
	for attempt := 1; len(pending) > 0; attempt++ {
		if attempt > 1 {
			if err := sleep(ctx, attempt, 50*time.Millisecond); err != nil {
				return nil, err
			}
		}
		some := make([]types.BatchStatementRequest, len(pending))
		for i, at := range pending {
			some[i] = statements[at]
		}
		answers, err := t.executeBatch(ctx, some)
		if err != nil {
			return nil, err
		}
		refused, again, err := judged(answers, pending)
		if err != nil {
			return nil, err
		}
		taken, pending = append(taken, refused...), again
	}
	return taken, nil
}

// insertion is a statement that fails when there is an item with the key.
func insertion(table string, value any) (types.BatchStatementRequest, error) {
	it, err := attributevalue.MarshalMap(value)
	if err != nil {
		return types.BatchStatementRequest{}, fmt.Errorf("dynamo: encode: %w", err)
	}
	var fields []string
	var values []types.AttributeValue
	for _, name := range slices.Sorted(maps.Keys(it)) {
		fields, values = append(fields, fmt.Sprintf("'%s': ?", name)), append(values, it[name])
	}
	text := fmt.Sprintf(`INSERT INTO "%s" VALUE {%s}`, table, strings.Join(fields, ", "))
	return types.BatchStatementRequest{Statement: &text, Parameters: values}, nil
}
