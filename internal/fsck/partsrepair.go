package fsck

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const maxRemovals = 90 // of one transaction, beside its condition

// unchanged is the condition that an operation is as it was read, or still not there.
func (p *parts) unchanged() expression.ConditionBuilder {
	if p.root == nil {
		return expression.Name("pk").AttributeNotExists()
	}
	return expression.Name("pk").AttributeExists().And(same(expression.Name("version"), p.root.raw["version"]))
}

// commitParts writes something while the operation is as it was read.
func (r *run) commitParts(ctx context.Context, p *parts, writes ...types.TransactWriteItem) error {
	check, err := r.conditionCheck(key{"O#" + p.id, rootSK}, p.unchanged())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return r.client.commit(ctx, append(writes, check)...)
}

func (r *run) moveOperation(ctx context.Context, p *parts) error {
	list, sort := p.listed()
	u := expression.Set(expression.Name("ipk"), expression.Value(list)).Set(expression.Name("isk"), expression.Value(sort))
	write, err := r.updating(key{"O#" + p.id, rootSK}, u, p.unchanged())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return r.client.commit(ctx, write)
}

func (r *run) removePart(ctx context.Context, p *parts, keys ...key) error {
	var writes []types.TransactWriteItem
	for _, k := range keys {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &r.Table, Key: k.item()}})
	}
	return r.commitParts(ctx, p, writes...)
}

func (r *run) removeChunk(ctx context.Context, p *parts, seq int) error {
	return r.removePart(ctx, p, p.key(frozenPart, seq), p.key(endedPart, seq), p.key(pendingPart, seq))
}

// removeParts removes all that is left of an operation that is not there.
func (r *run) removeParts(ctx context.Context, p *parts) error {
	var keys []key
	for it, err := range r.client.query(ctx, r.Table, "O#"+p.id, false, "pk", "sk") {
		if err != nil {
			return err
		}
		keys = append(keys, keyOf(it))
		if len(keys) < maxRemovals {
			continue
		}
		if err := r.removePart(ctx, p, keys...); err != nil {
			return err
		}
		keys = keys[:0]
	}
	if len(keys) == 0 {
		return nil
	}
	return r.removePart(ctx, p, keys...)
}

// reopen makes a chunk one to be done of which nobody knows what became: its actions can
// be repeated, and say of what is done that it is done.
func (r *run) reopen(ctx context.Context, p *parts, seq int) error {
	it, err := r.client.get(ctx, r.Table, p.key(frozenPart, seq))
	if err != nil {
		return err
	}
	frozen, err := decode(it)
	var subjects []struct {
		Refused string `json:"refused"`
	}
	if err == nil {
		err = json.Unmarshal([]byte(frozen.Subjects), &subjects)
	}
	if err != nil || len(subjects) == 0 {
		return errChanged
	}
	outcomes := make([]string, len(subjects))
	for i, s := range subjects {
		outcomes[i] = "-"
		if s.Refused != "" {
			outcomes[i] = "skipped:" + s.Refused
		}
	}
	chunk := p.key(pendingPart, seq).item()
	chunk["outcomes"], chunk["attempts"], chunk["lease"] = text(strings.Join(outcomes, " ")), zero(), zero()
	chunk["usage"] = &types.AttributeValueMemberM{Value: item{"requests": zero(), "writeUnits": zero(), "readUnits": zero()}}
	if ttl, ok := frozen.raw["ttl"]; ok {
		chunk["ttl"] = ttl
	}
	put, err := r.putting(chunk, expression.Name("pk").AttributeNotExists())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	unended, err := r.conditionCheck(p.key(endedPart, seq), expression.Name("pk").AttributeNotExists())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return r.commitParts(ctx, p, slices.Concat([]types.TransactWriteItem{put, unended})...)
}
