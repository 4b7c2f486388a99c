package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

// A chain is a sequence of blocks. A block holds the certificates that were appended together.
// Its sort key is the number of its first certificate, which follows from the block
// before. Two blocks that follow the same block have the same key, so that only one can be inserted:
// a chain has neither forks nor gaps.
//
// An append inserts a block, and then files its certificates under their customers. A
// crash may come between the two. Therefore an append first files the certificates of the last
// block. So for every block of a chain,
//
//	all certificates of the blocks before it are filed.
//
// It follows that a purge is certified once. Before an append inserts a certificate, it reads the
// last block, which doesn't have the certificate, and then sees that it isn't filed. If an
// earlier block had it, it would be filed. If another process has appended it since, the insertion
// fails on the key.
type block struct {
	PK           string        `dynamodbav:"pk"`
	SK           string        `dynamodbav:"sk"`
	Certificates []certificate `dynamodbav:"certificates"`
}

// end is the end of a chain: number and hash of its last certificate, and the certificates of its last block, which may
// not be filed yet.
type end struct {
	seq  int64
	hash string
	last []certificate
}

func (b block) end() end {
	if len(b.Certificates) == 0 {
		return end{hash: ledger.Origin}
	}
	last := b.Certificates[len(b.Certificates)-1]
	return end{last.Seq, last.Hash, b.Certificates}
}

const (
	maxBlock  = 75  // certificates: 400 KB hold them at their largest
	maxAppend = 200 // certificates that are appended at once, to any chains
)

// Certify appends certificates to their chains, those of a chain together. A purge that has a certificate keeps
// it. After an error the call may be repeated: it completes what it began.
func (l *Ledger) Certify(ctx context.Context, certs ...customer.Certificate) error {
	wanted := make([]certificate, len(certs))
	for i, c := range certs {
		wanted[i] = newCertificate(c)
	}
	for some := range slices.Chunk(wanted, maxAppend) {
		if err := l.certify(ctx, some); err != nil {
			return fmt.Errorf("dynamo: certify: %w", err)
		}
	}
	return nil
}

// certify returns when all certificates are in their chains and filed, by this process or another. It waits only
// after a lost race: what a block has no room for follows at once.
func (l *Ledger) certify(ctx context.Context, wanted []certificate) error {
	for lost := 0; ; {
		beaten, late, err := l.append(ctx, wanted)
		if err != nil || len(beaten)+len(late) == 0 {
			return err
		}
		if len(beaten) > 0 {
			lost++
			if err := afterAppended.Wait(ctx, lost); err != nil {
				return err
			}
		}
		wanted = slices.Concat(beaten, late)
	}
}

// append appends to several chains at once. It returns the certificates to try again: beaten are those of chains with
// another end than the one it read, because another process came first, or because an earlier append succeeded and
// its answer was lost. late are those that a block has no room for.
func (l *Ledger) append(ctx context.Context, wanted []certificate) (beaten, late []certificate, err error) {
	ends, err := l.ends(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	fresh, err := l.settle(ctx, ends, wanted)
	if err != nil {
		return nil, nil, err
	}
	blocks, late, err := following(ends, fresh)
	if err != nil {
		return nil, nil, err
	}
	taken, err := insert(ctx, l.table, blocks)
	if err != nil {
		return nil, nil, err
	}
	var appended []certificate
	for i, b := range blocks {
		if slices.Contains(taken, i) {
			beaten = append(beaten, b.Certificates...)
		} else {
			appended = append(appended, b.Certificates...)
		}
	}
	_, err = insert(ctx, l.table, appended)
	return beaten, late, err
}

// ends reads the ends of the chains of these certificates. The other ends are zero.
func (l *Ledger) ends(ctx context.Context, wanted []certificate) (ends [ledger.Chains]end, err error) {
	group, ctx := errgroup.WithContext(ctx)
	var asked [ledger.Chains]bool
	for _, c := range wanted {
		if asked[c.Chain] {
			continue
		}
		asked[c.Chain] = true
		group.Go(func() error {
			last, err := l.last(ctx, c.Chain)
			ends[c.Chain] = last.end()
			return err
		})
	}
	err = group.Wait()
	return ends, err
}

// last reads the last block of a chain, the zero block if the chain is empty.
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

// settle files the certificates of the last blocks that aren't filed yet, and returns the
// wanted certificates that are still to be appended.
func (l *Ledger) settle(ctx context.Context, ends [ledger.Chains]end, wanted []certificate) (fresh []certificate, err error) {
	var held, unfiled []certificate
	for _, e := range ends {
		held = append(held, e.last...)
	}
	filed, err := l.filed(ctx, slices.Concat(held, wanted))
	if err != nil {
		return nil, err
	}
	for _, c := range held {
		if !filed[c.key()] {
			unfiled = append(unfiled, c)
			filed[c.key()] = true
		}
	}
	for _, c := range wanted {
		if !filed[c.key()] {
			fresh = append(fresh, c)
			filed[c.key()] = true // it may be wanted twice
		}
	}
	_, err = insert(ctx, l.table, unfiled)
	return fresh, err
}

type certificateKey struct{ pk, sk string }

func (c certificate) key() certificateKey { return certificateKey{c.PK, c.SK} }

func (l *Ledger) filed(ctx context.Context, certs []certificate) (map[certificateKey]bool, error) {
	wanted := map[certificateKey]item{}
	for _, c := range certs {
		wanted[c.key()] = keyOf(c.PK, c.SK)
	}
	filed := map[certificateKey]bool{}
	for some := range slices.Chunk(slices.Collect(maps.Values(wanted)), maxBatchGet) {
		found, err := l.table.batchGet(ctx, some, true)
		if err != nil {
			return nil, err
		}
		for _, it := range found {
			filed[certificateKey{stringOf(it, "pk"), stringOf(it, "sk")}] = true
		}
	}
	return filed, nil
}

// following returns the next blocks of the chains, which give the certificates their numbers and hashes,
// and the certificates that have no room in them.
func following(ends [ledger.Chains]end, certs []certificate) (blocks []block, late []certificate, err error) {
	var next [ledger.Chains]block
	for _, c := range certs {
		b, at := &next[c.Chain], ends[c.Chain]
		if len(b.Certificates) == maxBlock {
			late = append(late, c)
			continue
		}
		c.Seq, c.Previous = at.seq+1, at.hash
		if c.Hash, err = c.sum(); err != nil {
			return nil, nil, err
		}
		if len(b.Certificates) == 0 {
			b.PK, b.SK = chainPK(c.Chain), blockSK(c.Seq)
		}
		b.Certificates = append(b.Certificates, c)
		ends[c.Chain] = end{seq: c.Seq, hash: c.Hash}
	}
	for _, b := range next {
		if len(b.Certificates) > 0 {
			blocks = append(blocks, b)
		}
	}
	return blocks, late, nil
}

// insert inserts items, and returns the indices of those with a key that exists.
func insert[V any](ctx context.Context, t *Table, values []V) (taken []int, err error) {
	statements := make([]types.BatchStatementRequest, len(values))
	for i, v := range values {
		if statements[i], err = insertion(t.Name, v); err != nil {
			return nil, err
		}
	}
	return t.executeAll(ctx, t.pace, statements)
}

// insertion returns a statement that inserts an item, and fails if the key exists.
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
