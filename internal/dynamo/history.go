package dynamo

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

// blocks iterates over the blocks that the query finds in one chain.
func (l *Ledger) blocks(ctx context.Context, in *dynamodb.QueryInput) iter.Seq2[block, error] {
	in.TableName, in.ConsistentRead = &l.table.Name, aws.Bool(true)
	return func(yield func(block, error) bool) {
		for {
			out, err := l.table.client.Query(ctx, in)
			if err != nil {
				yield(block{}, fmt.Errorf("dynamo: read chain: %w", err))
				return
			}
			for _, it := range out.Items {
				var b block
				if err := attributevalue.UnmarshalMap(it, &b); err != nil {
					yield(block{}, fmt.Errorf("dynamo: decode block: %w", err))
					return
				}
				if !yield(b, nil) {
					return
				}
			}
			if len(out.LastEvaluatedKey) == 0 {
				return
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}

// bookmark is where a page of the history begins: a certificate of a block.
type bookmark struct {
	chain  int
	block  int64 // number of its first certificate
	offset int
}

const history = "certificates"

func (p bookmark) cursor() string {
	return encodeCursor(history, fmt.Sprintf("%d.%d.%d", p.chain, p.block, p.offset))
}

func bookmarkOf(cursor string) (bookmark, error) {
	position, err := decodeCursor(history, "", cursor)
	if err != nil || position == "" {
		return bookmark{}, err
	}
	var p bookmark
	_, err = fmt.Sscanf(position, "%d.%d.%d", &p.chain, &p.block, &p.offset)
	if err != nil || p.chain < 0 || p.block < 0 || p.block > maxSeq || p.offset < 0 || p.cursor() != cursor {
		return bookmark{}, customer.ErrCursor
	}
	return p, nil
}

// Certificates reads a page of all certificates, chain by chain and each in order.
func (l *Ledger) Certificates(ctx context.Context, q customer.CertificateQuery) (customer.CertificatePage, error) {
	var page customer.CertificatePage
	at, err := bookmarkOf(q.Cursor)
	if err != nil {
		return page, err
	}
	for ; at.chain < ledger.Chains && page.Cursor == ""; at = (bookmark{chain: at.chain + 1}) {
		if err := l.fill(ctx, &page, at, q.Limit); err != nil {
			return page, err
		}
	}
	return page, nil
}

// fill adds certificates of a chain to a page, from a place on, and sets the cursor when the page is full.
func (l *Ledger) fill(ctx context.Context, page *customer.CertificatePage, at bookmark, limit int) error {
	for b, err := range l.blocks(ctx, &dynamodb.QueryInput{
		KeyConditionExpression: aws.String("pk = :pk AND sk >= :from"),
		ExpressionAttributeValues: item{
			":pk":   &types.AttributeValueMemberS{Value: chainPK(at.chain)},
			":from": &types.AttributeValueMemberS{Value: blockSK(at.block)},
		},
		Limit: aws.Int32(int32(limit - len(page.Certificates) + 1)),
	}) {
		if err != nil {
			return err
		}
		for i := at.offset; i < len(b.Certificates); i++ {
			if len(page.Certificates) == limit {
				page.Cursor = bookmark{at.chain, b.Certificates[0].Seq, i}.cursor()
				return nil
			}
			c, err := b.Certificates[i].decode()
			if err != nil {
				return fmt.Errorf("dynamo: decode certificate: %w", err)
			}
			page.Certificates = append(page.Certificates, c)
		}
		at.offset = 0
	}
	return nil
}

// Heads reads the last certificate of each chain.
func (l *Ledger) Heads(ctx context.Context) ([]customer.Head, error) {
	heads := make([]customer.Head, ledger.Chains)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for chain := range heads {
		group.Go(func() error {
			last, err := l.last(ctx, chain)
			heads[chain] = last.head(chain)
			return err
		})
	}
	return heads, group.Wait()
}

func (b block) head(chain int) customer.Head {
	e := b.end()
	return customer.Head{Chain: chain, Seq: e.seq, Hash: e.hash}
}
