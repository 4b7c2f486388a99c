package dynamo_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/dynamo/dynamotest"
)

var update = flag.Bool("update", false, "write testdata/items as the items are stored now; see docs/stored-items.md")

// goldenFiles are the files in testdata/items: one for each type of item, and several for a type with
// items that differ in their attributes. A file is named after its type in keys.go.
var goldenFiles = []struct{ file, pk, sk string }{
	{"customer-active", "C#ann", "#"},
	{"customer-deleted", "C#cas", "#"},
	{"customer-purging", "C#bob", "#"},
	{"record", "C#ann", "R#ticket#1"},
	{"record-child", "C#ann", "R#ticket#1#line#2"},
	{"search-term", "S#an", "anders#ann"},
	{"e-mail-claim", "E#ann@xn--bcher-kva.example", "#"},
	{"retained-record", "X#bob", "R#invoice#10248"},
	{"audit-entry", "A#ann", "2040-01-02T03:24:05.678Z#000000000000000000001"},
	{"site-entry", "L#2040-01-02#15", "2040-01-02T03:04:05.678Z#a change of settings"},
	{"operation-planning", "O#planning", "#"},
	{"operation-running", "O#running", "#"},
	{"selection", "O#planning", "selection"},
	{"frozen-subjects", "O#running", "F#000000"},
	{"ended-chunk", "O#running", "K#000001"},
	{"chunk-to-be-done-taken", "O#running", "P#000000"},
	{"chunk-to-be-done-kept", "O#running", "P#000002"},
	{"done-under-a-key-deleted", "I#key of a deletion", "#"},
	{"done-under-a-key-held", "I#key of a hold", "#"},
	{"settings", "P", "settings"},
	{"access-rules", "P", "access"},
	{"totals", "P#totals#0", "#"},
	{"totals-of-a-day", "P#totals#0", "2040-01-02"},
	{"lease", "P", "lease#sweep"},
	{"block-of-a-chain", "L#2", "000000000001"},
	{"certificate", "C#zoe", "of zoe"},
}

// unwritten are the types in keys.go that no code writes yet.
var unwritten = map[string]bool{"access-token": true, "further-fields": true}

type rawItem = map[string]types.AttributeValue

func goldenPath(file string) string { return filepath.Join("testdata", "items", file+".json") }

func pathOf(it rawItem) string { return textOf(it["pk"]) + " " + textOf(it["sk"]) }

func textOf(v types.AttributeValue) string { return v.(*types.AttributeValueMemberS).Value }

// TestStoredItemsAreAsInTheGoldenFiles writes items of every type and compares them, byte for
// byte, with the files. A different file means a different stored form: docs/stored-items.md
// says how to change one.
func TestStoredItemsAreAsInTheGoldenFiles(t *testing.T) {
	t.Parallel()
	tables := dynamotest.New(t)
	writeItems(t, tables)
	stored := map[string]rawItem{}
	for _, it := range rawItems(t, tables) {
		stored[pathOf(it)] = it
	}
	for _, g := range goldenFiles {
		it, there := stored[g.pk+" "+g.sk]
		if !there {
			t.Errorf("%s: no item at %s %s", g.file, g.pk, g.sk)
			continue
		}
		compareGolden(t, g.file, encodeGolden(t, it))
	}
}

func compareGolden(t *testing.T, file string, stored []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(goldenPath(file), stored, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(goldenPath(file))
	if err != nil {
		t.Error(err)
	} else if !bytes.Equal(golden, stored) {
		t.Errorf("%s is stored otherwise than its golden file says; read docs/stored-items.md before -update.\n got %s\nwant %s", file, stored, golden)
	}
}

// TestGoldenItemsAreReadAsTheyWereWritten puts the golden files into empty tables, and compares what it reads with
// what the fixture writes.
func TestGoldenItemsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	written, restored := dynamotest.New(t), dynamotest.New(t)
	writeItems(t, written)
	client := dynamodb.NewFromConfig(restored.Config)
	for _, g := range goldenFiles {
		table := restored.Name
		if g.file == "certificate" || g.file == "block-of-a-chain" {
			table = restored.Ledger
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: decodeGolden(t, g.file)}); err != nil {
			t.Fatal(err)
		}
	}
	want, got := readItems(t, written), readItems(t, restored)
	for what, value := range want {
		same(t, what, got[what], value)
	}
}

// TestEveryTypeOfItemHasAGoldenFile compares the items in keys.go with the golden files, and
// with the keys of all items that are written.
func TestEveryTypeOfItemHasAGoldenFile(t *testing.T) {
	t.Parallel()
	declared, files := itemTypes(t), map[string]bool{}
	for _, g := range goldenFiles {
		typ := typeOf(declared, g.pk, g.sk)
		if g.file != typ && !strings.HasPrefix(g.file, typ+"-") {
			t.Errorf("%s %s is of type %q, but its file is %s", g.pk, g.sk, typ, g.file)
		}
		files[typ] = true
	}
	for _, d := range declared {
		if files[d.name] == unwritten[d.name] {
			t.Errorf("%s: has a golden file is %t, is known to be unwritten is %t", d.name, files[d.name], unwritten[d.name])
		}
	}
	tables := dynamotest.New(t)
	writeItems(t, tables)
	for _, it := range rawItems(t, tables) {
		if typeOf(declared, textOf(it["pk"]), textOf(it["sk"])) == "" {
			t.Errorf("keys.go has no type of item at %s", pathOf(it))
		}
	}
}

// TestEveryAttributeIsInAGoldenFile fails for an attribute that is in a struct but in no golden
// file.
func TestEveryAttributeIsInAGoldenFile(t *testing.T) {
	t.Parallel()
	golden := map[string]bool{}
	for _, g := range goldenFiles {
		collectNames(&types.AttributeValueMemberM{Value: decodeGolden(t, g.file)}, golden)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range regexp.MustCompile("`dynamodbav:\"([^,\"]+)").FindAllSubmatch(source, -1) {
			if !golden[string(tag[1])] {
				t.Errorf("%s: attribute %q is in no golden file", path, tag[1])
			}
		}
	}
}

func collectNames(value types.AttributeValue, names map[string]bool) {
	switch v := value.(type) {
	case *types.AttributeValueMemberM:
		for name, member := range v.Value {
			names[name] = true
			collectNames(member, names)
		}
	case *types.AttributeValueMemberL:
		for _, element := range v.Value {
			collectNames(element, names)
		}
	}
}

// itemType is a row of the table in keys.go.
type itemType struct {
	name string
	key  *regexp.Regexp
}

func itemTypes(t *testing.T) (declared []itemType) {
	t.Helper()
	source, err := os.ReadFile("keys.go")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^//\t(\S+(?: \S+)*) {2,}(\S+(?: \S+)*) {2,}(\S+(?: \S+)*)`)
	for _, m := range row.FindAllStringSubmatch(string(source), -1)[1:] { // without the heading
		name, _, _ := strings.Cut(m[1], " (")
		declared = append(declared, itemType{strings.ReplaceAll(name, " ", "-"), keyPattern(m[2] + " " + m[3])})
	}
	if len(declared) < len(unwritten)+15 {
		t.Fatalf("only %d types of items in keys.go", len(declared))
	}
	return declared
}

// keyPattern turns a key of the table in keys.go into a regular expression: <id> is a name without a #, and
// a part in brackets, or after three dots, is optional.
func keyPattern(shown string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(shown)
	pattern = regexp.MustCompile(`\\\[.*\\\]|…`).ReplaceAllString(pattern, `(#.+)?`)
	return regexp.MustCompile("^" + regexp.MustCompile(`<[^>]+>`).ReplaceAllString(pattern, `[^#]+`) + "$")
}

func typeOf(declared []itemType, pk, sk string) string {
	for _, d := range declared {
		if d.key.MatchString(pk + " " + sk) {
			return d.name
		}
	}
	return ""
}

// rawItems returns all items of both tables. What differs from run to run is replaced: the holder of a chunk and the part of the
// totals are random, and the TTL of a retained record depends on the real time.
func rawItems(t *testing.T, tables dynamotest.Tables) (items []rawItem) {
	t.Helper()
	client := dynamodb.NewFromConfig(tables.Config)
	for _, table := range []string{tables.Name, tables.Ledger} {
		out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, out.Items...)
	}
	for _, it := range items {
		pk := textOf(it["pk"])
		if _, taken := it["holder"]; taken && strings.HasPrefix(pk, "O#") {
			it["holder"] = &types.AttributeValueMemberS{Value: "the holder"}
		}
		if strings.HasPrefix(pk, "P#totals#") {
			it["pk"] = &types.AttributeValueMemberS{Value: "P#totals#0"}
		}
		if strings.HasPrefix(pk, "X#") {
			it["ttl"] = &types.AttributeValueMemberN{Value: steadyTTL(t, it["ttl"])}
		}
	}
	return items
}

// steadyTTL replaces a TTL of about 3,650 days from now.
func steadyTTL(t *testing.T, ttl types.AttributeValue) string {
	t.Helper()
	var seconds int64
	if err := attributevalue.Unmarshal(ttl, &seconds); err != nil {
		t.Fatal(err)
	}
	if late := time.Until(time.Unix(seconds, 0)) - 3650*day; late.Abs() > 10*time.Minute {
		t.Errorf("a retained record expires %v off", late)
	}
	return "2209093445"
}

func encodeGolden(t *testing.T, it rawItem) []byte {
	t.Helper()
	text, err := attributevalue.MarshalMapJSON(it)
	if err != nil {
		t.Fatal(err)
	}
	var sorted any
	if err := json.Unmarshal(text, &sorted); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(sorted); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`\{\s+("(?:S|N|B|BOOL)": .*)\s+\}`).ReplaceAll(b.Bytes(), []byte("{$1}"))
}

func decodeGolden(t *testing.T, file string) rawItem {
	t.Helper()
	text, err := os.ReadFile(goldenPath(file))
	if err != nil {
		t.Fatal(err)
	}
	it, err := attributevalue.UnmarshalMapJSON(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return it
}
