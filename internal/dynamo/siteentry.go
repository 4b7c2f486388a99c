package dynamo

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

// Entries of what changes no customer are inserted by PartiQL only: IAM can tell an insertion from an overwriting there, and
// not in a PutItem. So no role may overwrite or remove one.

func siteEntryPK(place string) string { return "L#" + place }

// newSiteEntry returns the item of an entry.
func (t *Table) newSiteEntry(e audit.Entry) entry {
	at := formatTime(e.Time)
	out := entry{
		SK: at + "#" + e.ID, At: at, By: e.By, Action: string(e.Action), Code: e.ReasonCode, Subject: e.Subject, Fields: e.Fields,
		TTL: t.keptUntil(e.Time), ApprovedBy: e.ApprovedBy, Operation: e.Operation, Request: e.RequestID,
	}
	out.dayPlace = newDayPlace(customer.DayOf(e.Time), out.SK)
	out.PK = siteEntryPK(out.DPK)
	return out
}

// AddEntry inserts an entry, unless it is there.
func (t *Table) AddEntry(ctx context.Context, e audit.Entry) error {
	insert, err := insertion(t.Name, t.newSiteEntry(e))
	if err != nil {
		return err
	}
	_, err = t.client.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: insert.Statement, Parameters: insert.Parameters})
	if refused, is := errors.AsType[smithy.APIError](err); is && slices.Contains([]string{"DuplicateItemException", "DuplicateItem"}, refused.ErrorCode()) {
		return nil // DynamoDB Local has the second name
	}
	if err != nil {
		return fmt.Errorf("dynamo: add audit entry: %w", err)
	}
	return nil
}

// commitLogged makes a change together with the entry that logs it, in one transaction. made is false if the condition of the
// change failed; then nothing is written.
func (t *Table) commitLogged(ctx context.Context, change types.BatchStatementRequest, e audit.Entry) (made bool, err error) {
	insert, err := insertion(t.Name, t.newSiteEntry(e))
	if err != nil {
		return false, err
	}
	statements := []types.ParameterizedStatement{
		{Statement: change.Statement, Parameters: change.Parameters}, {Statement: insert.Statement, Parameters: insert.Parameters},
	}
	for attempt := 1; ; attempt++ {
		_, err := t.client.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: statements})
		cancelled, is := errors.AsType[*types.TransactionCanceledException](err)
		switch {
		case !is:
			return err == nil, err
		case refusedFirst(cancelled):
			return false, nil
		case !mayPass(cancelled):
			return false, cancelled
		case attempt == maxConflicts:
			return false, errBusy("a logged change", attempt, cancelled)
		}
		if err := afterConflict.Wait(ctx, attempt); err != nil {
			return false, err
		}
	}
}

// refusedFirst reports whether the condition of the first statement failed, or the item that it inserts exists.
func refusedFirst(cancelled *types.TransactionCanceledException) bool {
	if len(cancelled.CancellationReasons) == 0 {
		return false
	}
	switch first := cancelled.CancellationReasons[0]; aws.ToString(first.Code) {
	case "ConditionalCheckFailed", "DuplicateItem":
		return true
	case "ValidationError": // DynamoDB Local
		return strings.Contains(aws.ToString(first.Message), "Duplicate primary key")
	}
	return false
}

// replacement returns a statement that replaces an item of the given version, and inserts it if that is 0. value is a struct. An
// attribute of it that is left out is set to NULL, which is read as none: PartiQL does not replace whole items.
func replacement[V any](table string, value V, was int64) (types.BatchStatementRequest, error) {
	if was == 0 {
		return insertion(table, value)
	}
	it, err := attributevalue.MarshalMap(value)
	if err != nil {
		return types.BatchStatementRequest{}, err
	}
	b := &statement{}
	for field := range reflect.TypeFor[V]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("dynamodbav"), ",")
		if name != "pk" && name != "sk" {
			b.set(name, it[name]) // nil is NULL
		}
	}
	b.where(`"pk"=?`, it["pk"])
	b.where(`"sk"=?`, it["sk"])
	b.where(`"version"=?`, was)
	return b.request(table)
}
