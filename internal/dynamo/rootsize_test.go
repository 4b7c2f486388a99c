package dynamo_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/docstest"
	"lethe/internal/dynamo"
	"lethe/internal/dynamo/dynamotest"
)

// The budget of a typical customer with everything in use, in bytes. A root of up to 1,024 is one write unit, so that
// a delete is three. docs/stored-items.md says what they are for.
const (
	rootBudget  = 1024
	entryBudget = 370
)

const typicalID = "x4k2qdcl6rnhsyjc7bqzv5mtge" // as Lethe makes them

// future are the attributes of a root that are declared and not written yet, for a typical customer. docs/stored-items.md
// names them.
var future = item{
	"owners": &types.AttributeValueMemberM{Value: item{
		"wv2mdm5x7pq3kcl4rjhzty6s8n": number(12), "b7yq2nfk4xj6wm3zr8tdhcl5vs": number(3),
	}},
	"row": &types.AttributeValueMemberM{Value: item{
		"v": &types.AttributeValueMemberB{Value: make([]byte, 4*4)},                             // the next four visits
		"g": &types.AttributeValueMemberSS{Value: []string{"key-acct", "pilot-26", "reseller"}}, // the groups
		"d": number(20_787),                                                                     // the day of a request for its data
	}},
}

// typicalRoot brings a typical customer to the largest root that its state has, and returns it: records of several kinds,
// all marks of changes, the future attributes. A deleted one was restored in bulk before, and has a reason.
func typicalRoot(t *testing.T, p till, state customer.State) item {
	t.Helper()
	ctx, ch := t.Context(), customer.Change{By: "demo-admin", Reason: "asked by phone to be forgotten", ReasonCode: customer.ErasureRequest}
	profile := typical("maria.anders")
	profile.Push = true
	_, err := p.Create(ctx, typicalID, profile, ch)
	must(t, err)
	results, err := p.AddRecords(ctx, typicalID, records("ticket~1", "ticket~1~line~1", "invoice~1"), ch)
	must(t, append(results, err)...)
	for range customer.MaxRecent {
		_, err = p.Block(ctx, typicalID, ch)
		must(t, err)
		_, err = p.Unblock(ctx, typicalID, ch)
		must(t, err)
	}
	c, err := p.Delete(ctx, typicalID, ch)
	must(t, err)
	must(t, p.RestoreMany(ctx, []customer.Seen{c.Seen()}, []string{c.Deletion.ID}, ch)...)
	if state == customer.Deleted {
		_, err = p.Delete(ctx, typicalID, ch)
		must(t, err)
	}
	return p.withFuture(t, p.rawRoot(t, typicalID))
}

func (p till) rawRoot(t *testing.T, id string) item {
	t.Helper()
	out, err := dynamodb.NewFromConfig(p.world.Config).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &p.world.Name, ConsistentRead: aws.Bool(true), Key: item{"pk": text("C#" + id), "sk": text("#")},
	})
	must(t, err)
	return out.Item
}

// withFuture writes a root with the future attributes.
func (p till) withFuture(t *testing.T, root item) item {
	t.Helper()
	maps.Copy(root, future)
	_, err := dynamodb.NewFromConfig(p.world.Config).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &p.world.Name, Item: root})
	must(t, err)
	return root
}

// entry returns the entry of a root in the lists, as the index has it.
func (p till) entry(t *testing.T, root item) item {
	t.Helper()
	out, err := dynamodb.NewFromConfig(p.world.Config).Query(t.Context(), &dynamodb.QueryInput{
		TableName: &p.world.Name, IndexName: aws.String("lists"),
		KeyConditionExpression:    aws.String("ipk = :l AND isk = :s"),
		ExpressionAttributeValues: item{":l": root["ipk"], ":s": root["isk"]},
	})
	must(t, err)
	if len(out.Items) != 1 {
		t.Fatalf("%d entries", len(out.Items))
	}
	return out.Items[0]
}

// TestTheBudgetOfATypicalCustomer prints what each attribute of a typical customer takes, in its root and in its entry in a
// list.
func TestTheBudgetOfATypicalCustomer(t *testing.T) {
	t.Parallel()
	for _, state := range []customer.State{customer.Active, customer.Deleted} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			p := newTill(t)
			p.keepsBudget(t, "today", state, typicalRoot(t, p, state))
			_, err := p.Hold(t.Context(), typicalID, "case-2026-17", customer.Change{By: "demo-admin", Reason: "lawsuit pending", ReasonCode: customer.OtherReason})
			must(t, err)
			p.keepsBudget(t, "today, under a legal hold", state, p.rawRoot(t, typicalID))
		})
	}
}

// TestTheBudgetOfADeletionByTwo deletes and holds a typical customer by an operation that a second administrator approved.
func TestTheBudgetOfADeletionByTwo(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	typicalRoot(t, p, customer.Active)
	c, err := p.Get(t.Context(), typicalID)
	must(t, err)
	s, err := p.Settings(t.Context())
	must(t, err)
	ch := customer.Change{By: "demo-admin", ApprovedBy: "demo-privacy", Reason: "asked by phone to be forgotten", ReasonCode: customer.ErasureRequest}
	must(t, p.DeleteMany(t.Context(), []customer.Seen{c.Seen()}, s, ch)...)
	_, err = p.Hold(t.Context(), typicalID, "case-2026-17", customer.Change{By: "demo-admin", Reason: "lawsuit pending", ReasonCode: customer.OtherReason})
	must(t, err)
	p.keepsBudget(t, "today, under a legal hold, deleted with a second administrator", customer.Deleted, p.rawRoot(t, typicalID))
}

// keepsBudget compares a root and its entry with the budget, and without the future attributes with a row of the table in
// docs/stored-items.md.
func (p till) keepsBudget(t *testing.T, row string, state customer.State, root item) {
	t.Helper()
	entry := p.entry(t, root)
	for _, name := range slices.Sorted(maps.Keys(root)) {
		listed := 0
		if value, there := entry[name]; there {
			listed = attributeSize(name, value)
		}
		t.Logf("%-8s %5d %5d", name, attributeSize(name, root[name]), listed)
	}
	t.Logf("%-8s %5d %5d", "all", itemSize(root), itemSize(entry))
	if size := itemSize(root); size >= rootBudget {
		t.Errorf("the root has %d bytes, of less than %d", size, rootBudget)
	}
	if size := itemSize(entry); size >= entryBudget {
		t.Errorf("the entry has %d bytes, of less than %d", size, entryBudget)
	}
	listed := attributeSize("row", future["row"])
	toldBytes(t, row, state, itemSize(root)-itemSize(future), itemSize(entry)-listed)
	toldBytes(t, "`row`", state, listed, listed)
}

func toldBytes(t *testing.T, row string, state customer.State, root, entry int) {
	t.Helper()
	rows := docstest.Rows(docstest.Section(t, "docs/stored-items.md", "## The root and its entry in a list"))
	at := slices.IndexFunc(rows, func(cells []string) bool { return cells[0] == row })
	if at < 0 {
		t.Fatalf("docs/stored-items.md has no row %q", row)
	}
	column := 1
	if state == customer.Deleted {
		column = 2
	}
	same(t, "root in docs/stored-items.md", rows[at][column], fmt.Sprint(root))
	same(t, "entry in docs/stored-items.md", rows[at][column+2], fmt.Sprint(entry))
}

// TestTheReasonInWordsIsStoredOnce looks for a reason in a root and its entry.
func TestTheReasonInWordsIsStoredOnce(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	root := typicalRoot(t, p, customer.Deleted)
	words := func(it item) int {
		return strings.Count(fmt.Sprint(plainValue(&types.AttributeValueMemberM{Value: it})), "forgotten")
	}
	same(t, "in the root", words(root), 1)
	same(t, "in the list", words(p.entry(t, root)), 0)
}

// TestADeleteStaysThreeUnitsWithEverythingInUse deletes and restores a typical customer that has the future attributes.
func TestADeleteStaysThreeUnitsWithEverythingInUse(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	typicalRoot(t, p, customer.Active)
	ch := customer.Change{By: "demo-admin", Reason: "asked by phone to be forgotten", ReasonCode: customer.ErasureRequest}
	p.meter.Reset()
	_, err := p.Delete(t.Context(), typicalID, ch)
	p.costs(t, "delete", err, 1, 3, 0)
	_, err = p.Restore(t.Context(), typicalID, "", ch)
	p.costs(t, "restore", err, 1, 3, 0)
}

// TestUnitsAreThoseOfTheStoredItems compares the units of customers from small to large with the sizes of their items.
func TestUnitsAreThoseOfTheStoredItems(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	store, _ := p.world.Open(p.world.Config)
	for n, want := range []customer.Units{{Root: 1, Entry: 1}, {Root: 2, Entry: 1}, {Root: 2, Entry: 2}} {
		id := fmt.Sprint("size-", n)
		profile := typical(id)
		profile.Organisation = strings.TrimSpace(strings.Repeat("株式会社 ", 12*n))
		profile.FirstName, profile.LastName = profile.Organisation, profile.Organisation
		_, err := p.Create(t.Context(), id, profile, byAdmin)
		must(t, err)
		c, err := p.Delete(t.Context(), id, customer.Change{By: "admin", Reason: strings.Repeat("asked by phone ", 10*n)})
		must(t, err)
		root := p.rawRoot(t, id)
		entry := p.entry(t, root)
		t.Logf("%d and %d bytes", itemSize(root), itemSize(entry))
		same(t, "computed", store.Units(c), want)
		same(t, "stored", customer.Units{Root: (itemSize(root) + 1023) / 1024, Entry: (itemSize(entry) + 1023) / 1024}, want)
	}
}

// TestAnEntryIsCountedAsTheTemplateProjectsIt compares the attributes that Units counts with the index in the table.
func TestAnEntryIsCountedAsTheTemplateProjectsIt(t *testing.T) {
	t.Parallel()
	tables := dynamotest.New(t)
	out, err := dynamodb.NewFromConfig(tables.Config).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &tables.Name})
	must(t, err)
	for _, index := range out.Table.GlobalSecondaryIndexes {
		if *index.IndexName == "lists" {
			want := append([]string{"pk", "sk", "ipk", "isk"}, index.Projection.NonKeyAttributes...)
			same(t, "projected", slices.Sorted(slices.Values(dynamo.Projected)), slices.Sorted(slices.Values(want)))
			return
		}
	}
	t.Error("there is no index lists")
}

// TestAnIndexThatARootIsNotInCostsNothing counts the units of a write by index. In the index days is the entry of the first
// change of settings, and no customer.
func TestAnIndexThatARootIsNotInCostsNothing(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	root := typicalRoot(t, p, customer.Active)
	client := dynamodb.NewFromConfig(p.world.Config)
	out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &p.world.Name, Key: item{"pk": root["pk"], "sk": root["sk"]}, ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes,
		UpdateExpression: aws.String("SET isk = :s, created = :s"), ExpressionAttributeValues: item{":s": text("2001-01-01T00:00:00.000Z#" + typicalID)},
	})
	must(t, err)
	units := map[string]float64{"table": aws.ToFloat64(out.ConsumedCapacity.Table.CapacityUnits), "all": aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)}
	for name, index := range out.ConsumedCapacity.GlobalSecondaryIndexes {
		units[name] = aws.ToFloat64(index.CapacityUnits)
	}
	same(t, "write units", units, map[string]float64{"table": 1, "lists": 2, "all": 3})
	entries, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &p.world.Name, IndexName: aws.String("days")})
	must(t, err)
	same(t, "items in the index", len(entries.Items), 1)
	same(t, "its action", entries.Items[0]["action"], text("settings.changed"))
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func number(n int) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }

func itemSize(it item) (size int) {
	for name, value := range it {
		size += attributeSize(name, value)
	}
	return size
}

func attributeSize(name string, value types.AttributeValue) int { return len(name) + sizeOf(value) }

// sizeOf returns the number of bytes that DynamoDB bills for a value; see "DynamoDB item sizes and formats".
func sizeOf(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberSS:
		return len(strings.Join(v.Value, ""))
	case *types.AttributeValueMemberL:
		size := 3
		for _, element := range v.Value {
			size += 1 + sizeOf(element)
		}
		return size
	case *types.AttributeValueMemberM:
		size := 3
		for name, element := range v.Value {
			size += 1 + len(name) + sizeOf(element)
		}
		return size
	default:
		return 1
	}
}

// plainValue returns a value that can be printed.
func plainValue(value types.AttributeValue) (plain any) {
	if err := attributevalue.Unmarshal(value, &plain); err != nil {
		panic(err) // not for a value from the engine
	}
	return plain
}
