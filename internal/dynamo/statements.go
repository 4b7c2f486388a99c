package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/bulk"
	"lethe/internal/busy"
	"lethe/internal/customer"
)

// Roots reads customers by their ids, consistently. Customers that do not exist are missing.
func (t *Table) Roots(ctx context.Context, ids []string) ([]customer.Customer, error) {
	return t.roots(ctx, ids, true)
}

// roots reads customers by their ids, several batches at once.
func (t *Table) roots(ctx context.Context, ids []string, consistent bool) ([]customer.Customer, error) {
	batches := slices.Collect(slices.Chunk(ids, maxBatchGet))
	parts := make([][]customer.Customer, len(batches))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, some := range batches {
		group.Go(func() (err error) {
			parts[i], err = t.someRoots(ctx, some, consistent)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("dynamo: read customers: %w", err)
	}
	return slices.Concat(parts...), nil
}

// someRoots reads up to maxBatchGet customers.
func (t *Table) someRoots(ctx context.Context, ids []string, consistent bool) ([]customer.Customer, error) {
	keys := make([]item, len(ids))
	for i, id := range ids {
		keys[i] = keyOf(customerPK(id), rootSK)
	}
	items, err := t.batchGet(ctx, keys, consistent)
	if err != nil {
		return nil, err
	}
	customers := make([]customer.Customer, len(items))
	for i, it := range items {
		if customers[i], err = DecodeCustomer(it); err != nil {
			return nil, err
		}
	}
	return customers, nil
}

const maxStatements = 25 // of a batch; DynamoDB's limit

// Advance makes transitions in batches of conditional PartiQL statements. It returns one error for each, nil for success.
// A statement sets values computed from what was seen, on condition that the version is
// still the same: PartiQL has no arithmetic that all engines support.
func (t *Table) Advance(ctx context.Context, transitions []customer.Transition, s customer.Settings) []error {
	results := make([]error, len(transitions))
	var group errgroup.Group
	group.SetLimit(writers)
	for from := 0; from < len(transitions); from += maxStatements {
		to := min(from+maxStatements, len(transitions))
		group.Go(func() error {
			copy(results[from:to], t.advance(ctx, transitions[from:to], s))
			return nil
		})
	}
	_ = group.Wait()
	return results
}

func (t *Table) advance(ctx context.Context, transitions []customer.Transition, s customer.Settings) []error {
	results := make([]error, len(transitions))
	pending := make([]int, len(transitions))
	for i := range pending {
		pending[i] = i
	}
	for attempt := 1; len(pending) > 0; attempt++ {
		refused, again, err := t.execute(ctx, transitions, s, pending, results)
		if _, unsent := errors.AsType[unsentError](err); unsent && attempt == 1 {
			err = errors.Join(bulk.ErrNotBegun, err)
		}
		if err == nil {
			err = t.explainRefused(ctx, transitions, s, refused, results)
		}
		if err == nil && len(again) > 0 {
			err = afterThrottled.Wait(ctx, attempt)
		}
		if err != nil {
			return fail(results, pending, err)
		}
		pending = again
	}
	return results
}

// fail gives all pending transitions the same error: a request that failed may have been carried
// out. A transition that is repeated takes effect once.
func fail(results []error, pending []int, err error) []error {
	for _, i := range pending {
		results[i] = err
	}
	return results
}

// execute sends the pending transitions in one request.
func (t *Table) execute(ctx context.Context, transitions []customer.Transition, s customer.Settings, pending []int, results []error) (refused, again []int, err error) {
	statements := make([]types.BatchStatementRequest, len(pending))
	for i, at := range pending {
		if statements[i], err = t.statement(transitions[at], s); err != nil {
			return nil, nil, err
		}
	}
	answers, err := t.executeBatch(ctx, t.lists, statements, bulk.MayBegin)
	if err != nil {
		return nil, nil, fmt.Errorf("dynamo: %d transitions: %w", len(pending), err)
	}
	for i, a := range answers {
		at := pending[i]
		switch a.verdict {
		case refusedStatement:
			refused = append(refused, at)
		case throttledStatement:
			again = append(again, at)
		case failedStatement:
			results[at] = fmt.Errorf("dynamo: %s: %w", transitions[at].Change().Action, a.err)
		case done:
		}
	}
	return refused, again, nil
}

// removal is the removal of one item, unconditional if the condition is empty.
type removal struct {
	pk, sk    string
	condition string
	value     any // for the ? of the condition
}

func (r removal) statement(table string) (types.BatchStatementRequest, error) {
	text := fmt.Sprintf(`DELETE FROM "%s" WHERE "pk"=? AND "sk"=?`, table)
	if r.condition == "" {
		return newStatement(text, r.pk, r.sk)
	}
	return newStatement(text+" AND "+r.condition, r.pk, r.sk, r.value)
}

// removeIf removes items in batches, and returns the indices of the removals with a failed
// condition. For a missing item some engines fail the condition, others don't.
func (t *Table) removeIf(ctx context.Context, p *pace, removals []removal) (refused []int, err error) {
	statements := make([]types.BatchStatementRequest, len(removals))
	for i, r := range removals {
		if statements[i], err = r.statement(t.Name); err != nil {
			return nil, err
		}
	}
	if refused, err = t.executeAll(ctx, p, statements); err != nil {
		return nil, fmt.Errorf("dynamo: remove: %w", err)
	}
	return refused, nil
}

// executeAll executes statements in batches, and repeats those that the table throttles. It
// returns the indices of the statements with a failed condition.
func (t *Table) executeAll(ctx context.Context, p *pace, statements []types.BatchStatementRequest) (refused []int, err error) {
	pending := make([]int, len(statements))
	for i := range pending {
		pending[i] = i
	}
	for attempt := 1; len(pending) > 0; attempt++ {
		if attempt > 1 {
			if err := afterThrottled.Wait(ctx, attempt); err != nil {
				return nil, err
			}
		}
		var again []int
		for some := range slices.Chunk(pending, maxStatements) {
			no, later, err := t.executeSome(ctx, p, statements, some)
			if err != nil {
				return nil, err
			}
			refused, again = append(refused, no...), append(again, later...)
		}
		pending = again
	}
	return refused, nil
}

// executeSome executes the statements at the indices, in one batch.
func (t *Table) executeSome(ctx context.Context, p *pace, statements []types.BatchStatementRequest, indices []int) (refused, again []int, err error) {
	some := make([]types.BatchStatementRequest, len(indices))
	for i, at := range indices {
		some[i] = statements[at]
	}
	answers, err := t.executeBatch(ctx, p, some, always)
	if err != nil {
		return nil, nil, err
	}
	return sortAnswers(answers, indices)
}

// sortAnswers sorts the statements at the indices by their answers, and joins the errors of those that failed.
func sortAnswers(answers []answer, indices []int) (refused, again []int, err error) {
	for i, a := range answers {
		switch a.verdict {
		case refusedStatement:
			refused = append(refused, indices[i])
		case throttledStatement:
			again = append(again, indices[i])
		case failedStatement:
			err = errors.Join(err, a.err)
		case done:
		}
	}
	return refused, again, err
}

// answer is the answer to one statement of a batch.
type answer struct {
	verdict verdict
	err     error // with failedStatement
}

type verdict int

const (
	done verdict = iota
	refusedStatement
	throttledStatement
	failedStatement
)

// unsentError is the error of a request that was not sent.
type unsentError struct{ error }

func (e unsentError) Unwrap() error { return e.error }

// always lets a request begin. Past the fence nothing can be stopped.
func always(context.Context) error { return nil }

// executeBatch sends one request at the pace p. Before it sends, it asks may; if that has an error, it is an unsentError.
func (t *Table) executeBatch(ctx context.Context, p *pace, statements []types.BatchStatementRequest, may func(context.Context) error) ([]answer, error) {
	answers := make([]answer, len(statements))
	done, err := p.turn(ctx, len(statements))
	if err != nil {
		return nil, unsentError{err}
	}
	if err := may(ctx); err != nil {
		done()
		return nil, unsentError{err}
	}
	out, err := t.bulk.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: statements})
	done()
	switch {
	case busy.Throttled(err):
		p.slower()
		for i := range answers {
			answers[i].verdict = throttledStatement
		}
		return answers, nil
	case err != nil:
		return nil, err
	}
	slow := false
	for i, r := range out.Responses {
		answers[i] = answerOf(r)
		slow = slow || answers[i].verdict == throttledStatement
	}
	if slow {
		p.slower()
	} else {
		p.faster()
	}
	return answers, nil
}

func answerOf(r types.BatchStatementResponse) answer {
	switch {
	case r.Error == nil:
		return answer{}
	case r.Error.Code == types.BatchStatementErrorCodeEnumConditionalCheckFailed, r.Error.Code == types.BatchStatementErrorCodeEnumDuplicateItem:
		return answer{verdict: refusedStatement}
	case busy.DiskFull(aws.ToString(r.Error.Message)):
		return answer{failedStatement, fmt.Errorf("%w: %s", customer.ErrFull, aws.ToString(r.Error.Message))}
	case transient(r.Error.Code):
		return answer{verdict: throttledStatement}
	}
	return answer{failedStatement, fmt.Errorf("%s: %s", r.Error.Code, aws.ToString(r.Error.Message))}
}

// transient reports whether a statement's error is transient.
func transient(code types.BatchStatementErrorCodeEnum) bool {
	switch code {
	case types.BatchStatementErrorCodeEnumProvisionedThroughputExceeded, types.BatchStatementErrorCodeEnumThrottlingError,
		types.BatchStatementErrorCodeEnumRequestLimitExceeded, types.BatchStatementErrorCodeEnumTransactionConflict,
		types.BatchStatementErrorCodeEnumInternalServerError:
		return true
	default:
		return false
	}
}

// explainRefused sets the errors of refused transitions from the present state of the customers: not every
// engine returns the item of a statement's failed condition.
func (t *Table) explainRefused(ctx context.Context, transitions []customer.Transition, s customer.Settings, refused []int, results []error) error {
	if len(refused) == 0 {
		return nil
	}
	ids := make([]string, len(refused))
	for i, at := range refused {
		ids[i] = transitions[at].ID
	}
	found, err := t.Roots(ctx, ids)
	if err != nil {
		return err
	}
	for _, at := range refused {
		results[at] = customer.ErrNotFound
		for _, c := range found {
			if c.ID == transitions[at].ID {
				results[at] = transitions[at].Refused(c, s)
			}
		}
	}
	return nil
}

// statement returns a transition as PartiQL.
func (t *Table) statement(tr customer.Transition, s customer.Settings) (types.BatchStatementRequest, error) {
	b := &statement{}
	b.set("version", tr.Version+1)
	b.note(tr.Change())
	if err := t.setEffect(b, tr); err != nil {
		return types.BatchStatementRequest{}, err
	}
	b.where(`"version"=?`, tr.Version)
	b.where(`"pk"=?`, customerPK(tr.ID))
	b.where(`"sk"=?`, rootSK)
	if _, deletes := tr.Effect().(customer.DeleteEffect); deletes {
		for _, kind := range s.Restricting() {
			b.where(fmt.Sprintf(`("counts"."%s" IS MISSING OR "counts"."%[1]s"=?)`, kind), 0)
		}
	}
	return b.request(t.Name)
}

// setEffect sets the attributes that the transition changes, except version and last change.
func (t *Table) setEffect(b *statement, tr customer.Transition) error {
	switch effect := tr.Effect().(type) {
	case customer.DeleteEffect:
		b.set("state", customer.Deleted)
		b.delete(tr.Seen, effect.Deletion)
		b.move(t.deletedPlace(tr.ID, effect.Deletion))
	case customer.RestoreEffect:
		b.set("state", customer.Active)
		b.set("deletion", nil) // null reads as removed; the one REMOVE of the statement is for ttl
		b.setWords(customer.Deletion{})
		b.move(t.activePlace(tr.ID, effect.Created))
	case customer.FenceEffect:
		t.setFence(b, tr.ID, effect)
	case customer.ReplayEffect:
		b.delete(tr.Seen, effect.Deletion)
		t.setFence(b, tr.ID, effect.FenceEffect)
	case customer.RedateEffect:
		b.set("deletion", newDeletion(effect.Deletion))
		if !tr.Held {
			b.move(t.deletedPlace(tr.ID, effect.Deletion))
		}
	case customer.BlockEffect:
		b.set("blocked", true)
		b.set("epoch", tr.Epoch+1)
	case customer.UnblockEffect:
		b.remove = "blocked"
	default:
		return fmt.Errorf("dynamo: %s is not made in bulk", tr.Change().Action)
	}
	return nil
}

func (t *Table) setFence(b *statement, id string, f customer.FenceEffect) {
	b.set("state", customer.Purging)
	if f.Frozen != nil {
		b.set("frozen", newPolicies(f.Frozen))
	}
	b.move(t.purgingPlace(id, f.Lease))
}

// statement builds an UPDATE. It can remove one attribute only: engines differ in the syntax for
// several.
type statement struct {
	sets, conditions []string
	remove           string
	values, bound    []any // of the sets, of the conditions
}

func (b *statement) set(name string, value any) {
	b.sets = append(b.sets, fmt.Sprintf(`"%s"=?`, name))
	b.values = append(b.values, value)
}

// delete sets the deletion, and a new epoch, which ends all access.
func (b *statement) delete(seen customer.Seen, d customer.Deletion) {
	b.set("epoch", seen.Epoch+1)
	b.set("deletion", newDeletion(d))
	b.setWords(d)
}

// setWords sets what no list shows of a deletion: the reason in words, and who approved it. NULL reads as none.
func (b *statement) setWords(d customer.Deletion) {
	b.setOrNull("reason", d.Reason)
	b.setOrNull("approver", d.ApprovedBy)
}

func (b *statement) setOrNull(name, value string) {
	if value == "" {
		b.set(name, nil)
		return
	}
	b.set(name, value)
}

// note sets the last change.
func (b *statement) note(ch customer.Change) {
	mark := customer.MarkOf(ch.ID)
	b.set("last", newChange(ch))
	b.set("ro", mark[:])
}

func (b *statement) where(condition string, value any) {
	b.conditions = append(b.conditions, condition)
	b.bound = append(b.bound, value)
}

func (b *statement) move(p place) {
	b.set("ipk", p.ipk)
	b.set("isk", p.isk)
	if p.ttl == 0 {
		b.remove = "ttl"
		return
	}
	b.set("ttl", p.ttl)
}

func (b *statement) request(table string) (types.BatchStatementRequest, error) {
	text := fmt.Sprintf(`UPDATE "%s" SET %s`, table, strings.Join(b.sets, ", "))
	if b.remove != "" {
		text += fmt.Sprintf(` REMOVE "%s"`, b.remove)
	}
	text += " WHERE " + strings.Join(b.conditions, " AND ")
	return newStatement(text, slices.Concat(b.values, b.bound)...)
}

func newStatement(text string, values ...any) (types.BatchStatementRequest, error) {
	request := types.BatchStatementRequest{Statement: &text}
	var errs error
	for _, v := range values {
		value, is := v.(types.AttributeValue)
		if !is {
			var err error
			value, err = attributevalue.Marshal(v)
			errs = errors.Join(errs, err)
		}
		request.Parameters = append(request.Parameters, value)
	}
	return request, errs
}
