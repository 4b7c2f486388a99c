package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

type item = map[string]types.AttributeValue

// damage changes one item, found by its key, or puts another, and names what the
// checker must say of it.
type damage struct {
	name   string
	pk, sk string
	edit   func(item) // nil removes the item
	ledger bool
	want   string
}

func set(name string, value types.AttributeValue) func(item) {
	return func(it item) { it[name] = value }
}

func drops(name string) func(item) { return func(it item) { delete(it, name) } }

func within(name string, edit func(item)) func(item) {
	return func(it item) { edit(it[name].(*types.AttributeValueMemberM).Value) }
}

// inBlock edits the first certificate of a block of the ledger.
func inBlock(edit func(item)) func(item) {
	return func(it item) {
		edit(it["certificates"].(*types.AttributeValueMemberL).Value[0].(*types.AttributeValueMemberM).Value)
	}
}

var nothing = func(item) {}

// TestCheckerSees breaks, one after the other, everything that the checker looks at.
func TestCheckerSees(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	gen := populate(t, w)
	chain := fmt.Sprintf("L#%d", ledger.ChainOf("gone"))
	for _, d := range []damage{
		{"record without root", "C#nobody", "R#ticket#1", set("kind", text("ticket")), false, "without their root"},
		{"token without root", "C#nobody", "T#abc", nothing, false, "access tokens without"},
		{"root gone", "C#live", "#", nil, false, "C#live: 4 records without their root"},
		{"record gone", "C#live", "R#ticket#2", nil, false, "C#live: counts 2 of kind ticket, has 1"},
		{"record gone of one in the trash", "C#trash", "R#ticket#1", nil, false, "C#trash: counts 1 of kind ticket, has 0"},
		{"parent gone", "C#live", "R#ticket#1", nil, false, "R#ticket#1#line#1: its parent is gone"},
		{"uncounted record", "C#live", "R#ticket#9", set("kind", text("ticket")), false, "C#live: counts 2 of kind ticket, has 3"},
		{"more than was counted at the fence", "C#fenced", "R#ticket#9", set("kind", text("ticket")), false, "C#fenced: counts 1 of kind ticket, has 2"},
		{"children miscounted", "C#live", "R#ticket#1", set("children", number("7")), false, "counts 7 children, has 2"},
		{"wrong kind", "C#live", "R#ticket#2", set("kind", text("line")), false, "is not that of its key"},
		{"record with ttl", "C#live", "R#ticket#2", set("ttl", number("5000000000")), false, "a record with a ttl"},
		{"term gone", "S#an", "anders#live", nil, false, `C#live: its search term "anders" is gone`},
		{"term of nobody", "S#an", "anders#nobody", nothing, false, "that its root doesn't list"},
		{"term in the wrong place", "S#xx", "anders#live", nothing, false, "in the wrong place"},
		{"claim gone", "E#live@alfreds.example", "#", nil, false, "C#live: its e-mail address is not claimed"},
		{"claim of nobody", "E#who@alfreds.example", "#", set("customer", text("nobody")), false, "which doesn't have it"},
		{"claim of another", "E#live@alfreds.example", "#", set("customer", text("trash")), false, "C#live: its e-mail address is not claimed"},
		{"active with a deletion", "C#live", "#", set("deletion", &types.AttributeValueMemberM{Value: item{"id": text("x")}}), false, "active with a deletion"},
		{"active with a ttl", "C#live", "#", set("ttl", number("5000000000")), false, "active with a ttl"},
		{"active in the trash's list", "C#live", "#", set("ipk", text("trash#1")), false, "C#live: active in list trash#1"},
		{"wrongly sorted", "C#live", "#", set("isk", text("2001-01-01T00:00:00.000Z#live")), false, "C#live: active in list live"},
		{"not in a list", "C#live", "#", drops("ipk"), false, "C#live: active in list  at"},
		{"bad shard", "C#trash", "#", set("ipk", text("trash#x")), false, "no shard in list"},
		{"another's place", "C#trash", "#", set("isk", text("held#live")), false, "which is not its own"},
		{"in no known state", "C#trash", "#", set("state", text("gone")), false, `state "gone"`},
		{"without a version", "C#trash", "#", drops("version"), false, "version 0"},
		{"without a creation", "C#trash", "#", drops("created"), false, "is no place among the living"},
		{"deleted without a deletion", "C#trash", "#", drops("deletion"), false, "deleted without a deletion"},
		{"deleted among the living", "C#trash", "#", set("ipk", text("live#1")), false, "C#trash: deleted in list live#1"},
		{"deleted without ttl", "C#trash", "#", drops("ttl"), false, "with ttl 0"},
		{"due at another time", "C#trash", "#", within("deletion", set("purgeTime", text("2001-01-01T00:00:00.000Z"))), false, "due 2001-01-01T00:00:00.000Z, but at"},
		{"never due, but listed as due", "C#trash", "#", within("deletion", drops("purgeTime")), false, "never due, but at"},
		{"held with a ttl", "C#held", "#", set("ttl", number("5000000000")), false, "held, but at held#held with ttl 5000000000"},
		{"held, but listed as due", "C#held", "#", set("isk", text("2001-01-01T00:00:00.000Z#held")), false, "C#held: held, but at 2001"},
		{"purging without a lease", "C#fenced", "#", set("isk", text("held#fenced")), false, "C#fenced: at held#fenced"},
		{"purging under hold", "C#fenced", "#", within("holds", set("case", &types.AttributeValueMemberM{Value: item{}})), false, "purging under legal hold"},
		{"back from the dead", "C#gone", "#", resurrected("gone"), false, "though the ledger says that generation " + gen + " was purged"},
		{"two certificates", "C#gone", "another", set("customer", text("gone")), true, "2 certificates are filed, 1 of them"},
		{"a certificate that is not filed", "C#gone", gen, nil, true, "is in its chain but not filed"},
		{"a certificate filed otherwise", "C#gone", gen, set("seq", number("2")), true, "is filed otherwise than it is in its chain"},
		{"a certificate altered in its chain", chain, "000000000001", inBlock(set("purgedBy", text("x"))), true, "seq 1, customer gone: altered"},
		{"a certificate of another chain", chain, "000000000001", inBlock(set("chain", number("3"))), true, "holds a certificate of chain 3"},
		{"a certificate in another's place", chain, "000000000001", inBlock(set("seq", number("2"))), true, "begins with number 2"},
		{"a block gone", chain, "000000000001", nil, true, "1 certificates are filed, 0 of them"},
		{"an empty block", "L#5", "000000000001", nothing, true, "an empty block"},
		{"a residue", "C#gone", gen, set("residue", number("1")), true, "certifies a residue"},
		{"no residue told", "C#gone", gen, drops("residue"), true, "certifies a residue"},
		{"purged by nobody", "C#gone", gen, drops("purgedBy"), true, "by \"\""},
		{"of another customer", "C#gone", gen, set("customer", text("live")), true, `names customer "live"`},
		{"retained miscounted", "C#gone", gen, set("retained", &types.AttributeValueMemberM{Value: item{}}), true, "1 of kind invoice are retained, 0 are certified"},
		{"personal value in the ledger", "C#gone", gen, set("purgedBy", text("änne anders-gone")), true, "holds the personal value"},
		{"personal value in the audit log", "A#gone", "x", set("reason", text("asked by Anders-Gone")), false, "holds the personal value"},
		{"personal value deep in the audit log", "A#gone", "x", set("fields", &types.AttributeValueMemberL{Value: []types.AttributeValue{text("+49 30 0074321")}}), false, "holds the personal value"},
		{"retained, not stripped", "X#gone", "R#invoice#1", set("data", text(`{"number":"1","buyer":"Ann"}`)), false, `field "buyer"`},
		{"retained, unreadable", "X#gone", "R#invoice#1", set("data", text(`{`)), false, "can't be read"},
		{"retained with its maker", "X#gone", "R#invoice#1", set("by", text("admin")), false, "tells who made it"},
		{"retained for ever", "X#gone", "R#invoice#1", drops("ttl"), false, "stays for ever"},
		{"retained of a live customer", "X#live", "R#invoice#1", set("kind", text("invoice")), false, "of a customer that is active"},
		{"retained without a certificate", "X#nobody", "R#invoice#1", set("kind", text("invoice")), false, "without a certificate"},
		{"a note without ttl", "I#abc", "#", nothing, false, "stays for ever"},
		{"an unknown key", "Z#1", "#", nothing, false, "no item has such a key"},
	} {
		t.Run(d.name, func(t *testing.T) { seen(t, w, d) })
	}
}

// populate fills a world with customers in every state, named after it, and returns the
// generation of the purged one.
func populate(t *testing.T, w *World) (generation string) {
	service := w.Service(w.Config)
	w.Personal("Anders-gone", "gone@alfreds.example", "0074321")
	create(t, service, "live", "ticket~1", "ticket~2", "ticket~1~line~1", "ticket~1~line~2")
	create(t, service, "trash", "ticket~1")
	create(t, service, "held")
	create(t, service, "fenced", "ticket~1")
	create(t, service, "gone", "invoice~1", "ticket~1")
	remove(t, service, "trash")
	remove(t, service, "held")
	if _, err := service.Hold(t.Context(), "held", "case", admin); err != nil {
		t.Fatal(err)
	}
	generation = fence(t, service, "gone").Deletion.ID
	work(t, w, service)
	fence(t, service, "fenced")
	gone(t, service, "gone", 1, 1)
	return generation
}

func resurrected(id string) func(item) {
	return func(it item) {
		it["state"], it["version"] = text("active"), number("1")
		it["created"] = text("2001-01-01T00:00:00.000Z#" + id)
		it["ipk"], it["isk"] = text("live#1"), it["created"]
	}
}

func seen(t *testing.T, w *World, d damage) {
	table := w.Name
	if d.ledger {
		table = w.Ledger
	}
	undo := inflict(t, dynamodb.NewFromConfig(w.Config), table, d)
	defer undo()
	census, err := Read(t.Context(), w.Config, w.Name, w.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	violations := census.Violations(Rules{Grace: grace, Personal: w.personal.list()})
	if !slices.ContainsFunc(violations, func(v string) bool { return strings.Contains(v, d.want) }) {
		t.Errorf("the checker doesn't say %q but %q", d.want, violations)
	}
}

// inflict damages the table and returns what makes it whole again.
func inflict(t *testing.T, client *dynamodb.Client, table string, d damage) (undo func()) {
	at := item{"pk": text(d.pk), "sk": text(d.sk)}
	old, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: at})
	if err != nil {
		t.Fatal(err)
	}
	write := func(it item) {
		var err error
		if len(it) == 0 {
			_, err = client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &table, Key: at})
		} else {
			_, err = client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: it})
		}
		if err != nil {
			t.Error(err)
		}
	}
	fresh, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: at})
	if err != nil {
		t.Fatal(err)
	}
	damaged := fresh.Item
	switch {
	case d.edit == nil:
		damaged = nil
	case len(damaged) == 0:
		damaged = item{"pk": text(d.pk), "sk": text(d.sk)}
	}
	if d.edit != nil {
		d.edit(damaged)
	}
	write(damaged)
	return func() { write(old.Item) }
}

func TestCheckerAllowsEveryState(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, customer.Settings{Retention: customer.Never, Kinds: policies.Kinds})
	service := w.Service(w.Config)
	create(t, service, "never")
	remove(t, service, "never")
	if _, err := service.Block(t.Context(), "never", admin); err != nil {
		t.Fatal(err)
	}
}
