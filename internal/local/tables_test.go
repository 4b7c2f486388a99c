package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/fsck"
)

const templateGrace = 72 * time.Hour

// check fails the test for each fault in the raw tables. Ledger and audit log must have none of the personal values.
func (r *running) check(t *testing.T, grace time.Duration, personal ...string) {
	t.Helper()
	tables := r.resources.Tables
	checker := fsck.Checker{
		DB: dynamodb.NewFromConfig(r.dynamoDB.config), Table: tables["Table"].Name, Ledger: tables["Ledger"].Name, Segments: 4, Grace: grace, Finished: true, Personal: personal,
	}
	if _, err := checker.Check(t.Context(), nil, func(f fsck.Finding) { t.Error(f) }); err != nil {
		t.Fatal(err)
	}
}

// wantNothingOf scans the main table item by item. Only the audit log may have the customer's id, and no item may have its
// personal values.
func (r *running) wantNothingOf(t *testing.T, c customerView) {
	t.Helper()
	scanned := 0
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(r.dynamoDB.config), &dynamodb.ScanInput{
		TableName: aws.String(r.resources.Tables["Table"].Name), ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			scanned++
			if text := textOf(t, item); c.isIn(text) {
				t.Fatalf("%s is gone, and an item holds its id or its personal values: %s", c.ID, text)
			}
		}
	}
	if scanned == 0 {
		t.Error("the scan found no item at all")
	}
}

// isIn reports whether an item has the customer's id or one of its personal values.
func (c customerView) isIn(item string) bool {
	logged := strings.Contains(item, `"pk":"A#`+c.ID+`"`)
	return !logged && strings.Contains(item, c.ID) ||
		slices.ContainsFunc(c.personal(), func(value string) bool { return strings.Contains(strings.ToLower(item), value) })
}

// personal returns the values that only this customer has, in lower case.
func (c customerView) personal() []string {
	var values []string
	for _, v := range []string{c.Organisation, c.Email, c.Phone, strings.TrimSpace(c.FirstName + " " + c.LastName)} {
		if v != "" {
			values = append(values, strings.ToLower(v))
		}
	}
	return values
}

func textOf(t *testing.T, item map[string]types.AttributeValue) string {
	t.Helper()
	var values map[string]any
	if err := attributevalue.UnmarshalMap(item, &values); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(values); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// countRecords returns the number of a customer's records in the table.
func countRecords(t *testing.T, client *dynamodb.Client, id string) int {
	t.Helper()
	count := 0
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: aws.String(stack + "Table"), Select: types.SelectCount, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :record)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": &types.AttributeValueMemberS{Value: "C#" + id}, ":record": &types.AttributeValueMemberS{Value: "R#"},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		count += int(page.Count)
	}
	return count
}
