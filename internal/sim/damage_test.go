package sim

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/fsck"
	"lethe/internal/ledger"
)

type item = map[string]types.AttributeValue

// at is the key of an item of one of the tables.
type at struct {
	table, pk, sk string
}

// snapshot is the content of both tables.
type snapshot map[at]item

// snapshot reads both tables.
func (w *World) snapshot(t testing.TB) snapshot {
	t.Helper()
	all := snapshot{}
	for _, table := range []string{w.Name, w.Ledger} {
		pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(w.Config), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range page.Items {
				all[at{table, it["pk"].(*types.AttributeValueMemberS).Value, it["sk"].(*types.AttributeValueMemberS).Value}] = it
			}
		}
	}
	return all
}

// reset makes the tables equal to a snapshot.
func (w *World) reset(t testing.TB, want snapshot) {
	t.Helper()
	is := w.snapshot(t)
	for k := range is {
		if want[k] == nil {
			w.put(t, k, nil)
		}
	}
	for k, it := range want {
		if !cmp.Equal(plain(is[k]), plain(it)) {
			w.put(t, k, it)
		}
	}
}

// put writes an item; nil removes it.
func (w *World) put(t testing.TB, k at, it item) {
	t.Helper()
	client := dynamodb.NewFromConfig(w.Config)
	var err error
	if it == nil {
		_, err = client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &k.table, Key: item{"pk": text(k.pk), "sk": text(k.sk)}})
	} else {
		_, err = client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &k.table, Item: it})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// plain returns an item as values that can be compared and printed.
func plain(it item) map[string]any {
	var values map[string]any
	if err := attributevalue.UnmarshalMap(it, &values); err != nil {
		panic(err) // not for an item from the engine
	}
	return values
}

// edit changes, creates or removes one item.
type edit struct {
	pk, sk string
	change func(item) // nil removes the item
	ledger bool
}

func (w *World) inflict(t testing.TB, edits ...edit) {
	t.Helper()
	for _, e := range edits {
		k := at{w.Name, e.pk, e.sk}
		if e.ledger {
			k.table = w.Ledger
		}
		if e.change == nil {
			w.put(t, k, nil)
			continue
		}
		out, err := dynamodb.NewFromConfig(w.Config).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &k.table, Key: item{"pk": text(k.pk), "sk": text(k.sk)}})
		if err != nil {
			t.Fatal(err)
		}
		it := out.Item
		if len(it) == 0 {
			it = item{"pk": text(e.pk), "sk": text(e.sk)}
		}
		e.change(it)
		w.put(t, k, it)
	}
}

func set(name string, value types.AttributeValue) func(item) {
	return func(it item) { it[name] = value }
}

func drops(name string) func(item) { return func(it item) { delete(it, name) } }

func within(name string, edit func(item)) func(item) {
	return func(it item) { edit(it[name].(*types.AttributeValueMemberM).Value) }
}

func all(edits ...func(item)) func(item) {
	return func(it item) {
		for _, e := range edits {
			e(it)
		}
	}
}

func binary(n int) types.AttributeValue { return &types.AttributeValueMemberB{Value: make([]byte, n)} }

func asMap(it item) types.AttributeValue { return &types.AttributeValueMemberM{Value: it} }

// earlier moves a time in seconds.
func earlier(name string, by time.Duration) func(item) {
	return func(it item) {
		seconds, err := strconv.ParseInt(it[name].(*types.AttributeValueMemberN).Value, 10, 64)
		if err != nil {
			panic(err)
		}
		it[name] = number(strconv.FormatInt(seconds-int64(by.Seconds()), 10))
	}
}

var nothing = func(item) {}

// damage is a set of edits that break certain rules and no others.
type damage struct {
	name         string
	edits        []edit
	rules        []fsck.Rule // the rules that fsck must find broken
	unrepairable bool        // fsck only reports it
	touches      []string    // "pk sk" of other items that the repair may change
	purges       string      // the customer that the repair puts back, to be purged
}

// broken is damage by one edit that fsck repairs.
func broken(name string, rule fsck.Rule, e edit, touches ...string) damage {
	return damage{name: name, edits: []edit{e}, rules: []fsck.Rule{rule}, touches: touches}
}

// reported is damage by one edit that fsck reports but does not repair.
func reported(name string, rule fsck.Rule, e edit) damage {
	return damage{name: name, edits: []edit{e}, rules: []fsck.Rule{rule}, unrepairable: true}
}

// and returns the damage with one more broken rule.
func (d damage) and(rule fsck.Rule) damage {
	d.rules = append(d.rules, rule)
	return d
}

// leftover is damage that consists of items of a customer without a root.
func leftover(name, of string, rules []fsck.Rule, edits ...edit) damage {
	return damage{name: name, edits: edits, rules: rules, touches: []string{"C#" + of + " #"}, purges: of}
}

func put(pk, sk string, change func(item)) edit { return edit{pk: pk, sk: sk, change: change} }

// entry changes the certificate of a generation of customer "gone".
func entry(generation string, change func(item)) edit {
	return edit{"C#gone", generation, change, true}
}

// logged adds an entry to a customer's audit log, with a change that damages it.
func logged(customer string, change func(item)) edit {
	sk := past + "#1"
	return put("A#"+customer, sk, all(entryPlace(sk+"#"+customer), change))
}

// loggedOfSite adds an entry of what changes no customer.
func loggedOfSite(change func(item)) edit {
	sk := past + "#1"
	return put("L#"+dayShard(sk), sk, all(entryPlace(sk), change))
}

func entryPlace(sk string) func(item) {
	return all(set("at", text(past)), set("dpk", text(dayShard(sk))), set("dsk", text(sk)))
}

func dayShard(sk string) string {
	h := fnv.New32a()
	h.Write([]byte(sk))
	return fmt.Sprintf("2001-01-01#%d", h.Sum32()%16)
}

// chain is the certificate chain of customer "gone"; firstBlock is its only block.
var chain = fmt.Sprintf("L#%d", ledger.ChainOf("gone"))

const firstBlock = "000000000001"

// inBlock changes the certificate of customer "gone" in its chain.
func inBlock(change func(item)) edit {
	return edit{chain, firstBlock, func(it item) {
		change(it["certificates"].(*types.AttributeValueMemberL).Value[0].(*types.AttributeValueMemberM).Value)
	}, true}
}

const (
	past    = "2001-01-01T00:00:00.000Z"
	pastTTL = "978310800" // an hour later
	longTTL = "978480000" // customer.MinPurgeGrace later
	pastDue = "978307200000"

	// Operations.
	planningID = "planning"
	runningID  = "running"
	endedID    = "ended"
)

// damages lists damages of a world that populate has filled. gone is the generation of the purged
// customer.
func damages(gone string) []damage {
	live, trash, fenced := "C#live #", "C#trash #", "C#fenced #"
	return []damage{
		leftover("record without root", "nobody", []fsck.Rule{fsck.OrphanRecord}, put("C#nobody", "R#ticket#1", set("kind", text("ticket")))),
		leftover("further fields without root", "nobody", []fsck.Rule{fsck.OrphanRecord}, put("C#nobody", "D#", set("fax", text("030")))),
		leftover("further fields of a purged customer", "gone", []fsck.Rule{fsck.OrphanRecord}, put("C#gone", "D#", set("fax", text("030")))),
		leftover("token without root", "nobody", []fsck.Rule{fsck.OrphanToken}, put("C#nobody", "T#abc", nothing)),
		leftover("term of an unknown customer", "nobody", []fsck.Rule{fsck.OrphanTerm}, put("S#an", "anders#nobody", nothing)),
		leftover("misplaced term of an unknown customer", "nobody", []fsck.Rule{fsck.OrphanTerm}, put("S#xx", "anders#nobody", nothing)),
		leftover("claim of an unknown customer", "nobody", []fsck.Rule{fsck.OrphanClaim}, put("E#who@alfreds.example", "#", set("customer", text("nobody")))),
		leftover("record of a purged customer", "gone", []fsck.Rule{fsck.OrphanRecord}, put("C#gone", "R#ticket#1", set("kind", text("ticket")))),
		leftover("root gone", "live", []fsck.Rule{fsck.OrphanRecord, fsck.OrphanTerm, fsck.OrphanClaim}, edit{pk: "C#live", sk: "#"}),
		leftover("retained without a certificate", "nobody", []fsck.Rule{fsck.RetainedWrong}, put("X#nobody", "R#invoice#1", all(set("kind", text("invoice")), set("ttl", number("5000000000"))))),
		{
			name: "root gone without a deletion", unrepairable: true, rules: []fsck.Rule{fsck.OrphanRecord, fsck.OrphanTerm, fsck.OrphanClaim},
			edits: []edit{{pk: "C#live", sk: "#"}, logged("live", set("action", text("customer.created")))},
		},
		broken("record gone", fsck.CountMismatch, edit{pk: "C#live", sk: "R#ticket#2"}, live),
		broken("record gone of one in the trash", fsck.CountMismatch, edit{pk: "C#trash", sk: "R#ticket#1"}, trash),
		broken("uncounted record", fsck.CountMismatch, put("C#live", "R#ticket#9", set("kind", text("ticket"))), live),
		broken("count of an unknown kind", fsck.CountMismatch, put("C#live", "#", within("counts", set("boat", number("3"))))),
		broken("more records than at the fence", fsck.CountMismatch, put("C#fenced", "R#ticket#9", set("kind", text("ticket"))), fenced),
		{
			name: "parent gone", rules: []fsck.Rule{fsck.ParentMissing}, touches: []string{"C#live R#ticket#1#line#1", "C#live R#ticket#1#line#2", "C#live R#ticket#1#line#1#line#1"},
			edits: []edit{{pk: "C#live", sk: "R#ticket#1"}, put("C#live", "#", within("counts", set("ticket", number("1"))))},
		},
		broken("children miscounted", fsck.ChildCount, put("C#live", "R#ticket#1", set("children", number("7")))),
		broken("children uncounted", fsck.ChildCount, put("C#live", "R#ticket#1", drops("children"))),
		broken("children of a leaf", fsck.ChildCount, put("C#live", "R#ticket#2", set("children", number("1")))),
		broken("wrong kind", fsck.BadRecord, put("C#live", "R#ticket#2", set("kind", text("line")))),
		broken("record with ttl", fsck.BadRecord, put("C#live", "R#ticket#2", set("ttl", number("5000000000")))),
		reported("record with half a key", fsck.UnknownItem, put("C#live", "R#ticket", set("kind", text("ticket")))),
		broken("term gone", fsck.TermMissing, edit{pk: "S#an", sk: "anders#live"}),
		broken("unlisted term", fsck.OrphanTerm, put("S#ze", "zebra#live", nothing)),
		broken("term in the wrong place", fsck.OrphanTerm, put("S#xx", "anders#live", nothing)),
		reported("term of no key", fsck.UnknownItem, put("S#ze", "zebra", nothing)),
		broken("claim gone", fsck.ClaimMissing, edit{pk: "E#live@alfreds.example", sk: "#"}),
		broken("claim too many", fsck.OrphanClaim, put("E#who@alfreds.example", "#", set("customer", text("live")))),
		reported("claim for no customer", fsck.UnknownItem, put("E#who@alfreds.example", "#", nothing)),
		{
			name: "claim by another customer", rules: []fsck.Rule{fsck.ClaimMissing, fsck.OrphanClaim},
			edits: []edit{put("E#live@alfreds.example", "#", set("customer", text("trash")))},
		},
		{
			name: "root with another claim", rules: []fsck.Rule{fsck.ClaimMissing, fsck.OrphanClaim},
			edits:   []edit{put("C#live", "#", set("claim", text("live@xn--lfreds-8wa.example")))},
			touches: []string{"E#live@xn--lfreds-8wa.example #", "E#live@alfreds.example #"},
		},
		{
			name: "one address of two customers", rules: []fsck.Rule{fsck.ClaimMissing}, unrepairable: true,
			edits: []edit{{pk: "E#live@alfreds.example", sk: "#"}, put("C#live", "#", within("profile", set("e", text("trash@alfreds.example"))))},
		},

		broken("active with a deletion", fsck.BadState, put("C#live", "#", set("deletion", asMap(item{"g": text("x")})))),
		broken("active with the reason of a deletion", fsck.BadState, put("C#live", "#", set("reason", text("asked by phone")))),
		broken("active with the approval of a deletion", fsck.BadState, put("C#live", "#", set("approver", text("bob")))),
		broken("more holds than it has", fsck.BadState, put("C#live", "#", set("nholds", number("1")))),
		broken("fewer holds than it has", fsck.BadState, put("C#held", "#", drops("nholds"))),
		broken("last hold lifted without notice", fsck.BadState, put("C#trash", "#", within("last", all(set("action", text("hold.lifted")), set("at", text("2101-01-01T00:00:00.000Z")))))),
		broken("a recent change of too many bytes", fsck.BadState, put("C#live", "#", set("r1", binary(9)))),
		broken("a recent change as text", fsck.BadState, put("C#live", "#", set("ro", text("12345678")))),
		broken("more recent changes than a root has", fsck.BadState, put("C#live", "#", set("r8", binary(8)))),
		broken("a gap in the recent changes", fsck.BadState, put("C#live", "#", all(set("r0", binary(8)), set("r1", binary(8)), set("r2", binary(8)), drops("r3"), set("r4", binary(8)), set("r5", binary(8))))),
		broken("without a version", fsck.BadState, put("C#trash", "#", drops("version"))),
		broken("without a creation", fsck.BadState, put("C#trash", "#", drops("created"))),
		broken("active without a creation", fsck.BadState, put("C#live", "#", drops("created"))),
		broken("created as another", fsck.BadState, put("C#trash", "#", set("created", text(past+"#live")))),
		{
			name: "deleted without a deletion", rules: []fsck.Rule{fsck.BadState}, edits: []edit{put("C#trash", "#", drops("deletion"))},
		},
		broken("purging without a deletion", fsck.BadState, put("C#fenced", "#", drops("deletion"))),
		broken("policies frozen before the fence", fsck.BadState, put("C#trash", "#", set("frozen", asMap(item{})))),
		broken("retained for no known time", fsck.BadState, put("C#fenced", "#", set("frozen", freezing("invoice", text("for a while"))))),
		broken("half a fingerprint", fsck.BadState, put("C#live", "#", set("former", &types.AttributeValueMemberB{Value: []byte("abcd")}))),
		broken("one kind both erased and retained", fsck.BadState, put("C#fenced", "#", set("frozen", freezing("ticket", text("P10Y"))))),
		reported("in no known state", fsck.BadState, put("C#trash", "#", set("state", text("gone")))),
		reported("purging under hold", fsck.BadState, put("C#fenced", "#", all(within("holds", set("case", asMap(item{}))), set("nholds", number("1"))))),
		reported("due at no time", fsck.BadState, put("C#trash", "#", within("deletion", set("p", text("soon"))))),

		broken("active with a ttl", fsck.WrongPlace, put("C#live", "#", set("ttl", number("5000000000")))),
		broken("active in the trash's list", fsck.WrongPlace, put("C#live", "#", set("ipk", text("trash#1")))),
		broken("wrongly sorted", fsck.WrongPlace, put("C#live", "#", set("isk", text(past+"#live")))),
		broken("not in a list", fsck.WrongPlace, put("C#live", "#", drops("ipk"))),
		broken("bad shard", fsck.WrongPlace, put("C#trash", "#", set("ipk", text("trash#x")))),
		broken("shard that no list has", fsck.WrongPlace, put("C#trash", "#", set("ipk", text("trash#4")))),
		broken("place of another customer", fsck.WrongPlace, put("C#trash", "#", set("isk", text("held#live")))),
		broken("deleted, but in the list of active customers", fsck.WrongPlace, put("C#trash", "#", set("ipk", text("live#1")))),
		broken("deleted without ttl", fsck.WrongPlace, put("C#trash", "#", drops("ttl"))),
		broken("due at another time", fsck.WrongPlace, put("C#trash", "#", within("deletion", set("p", number("4133980800000"))))),
		broken("never due, but listed as due", fsck.WrongPlace, put("C#trash", "#", within("deletion", drops("p")))),
		broken("held with a ttl", fsck.WrongPlace, put("C#held", "#", set("ttl", number("5000000000")))),
		broken("held, but listed as due", fsck.WrongPlace, put("C#held", "#", set("isk", text(past+"#held")))),
		broken("purging without a lease", fsck.WrongPlace, put("C#fenced", "#", set("isk", text("held#fenced")))),
		broken("a purge that outlives no stream record", fsck.WrongPlace, put("C#fenced", "#", earlier("ttl", customer.MinPurgeGrace-grace))),
		broken("overdue", fsck.Overdue, put("C#trash", "#",
			all(within("deletion", set("p", number(pastDue))), set("isk", text(past+"#trash")), set("ttl", number(pastTTL))))),
		broken("stuck", fsck.Stuck, put("C#fenced", "#", all(set("isk", text(past+"#fenced")), set("ttl", number(longTTL))))),

		reported("root of a purged customer", fsck.Resurrected, put("C#gone", "#", resurrected("gone"))),
		reported("a residue", fsck.CertificateBroken, entry(gone, set("residue", number("1")))),
		reported("certificate without residue", fsck.CertificateBroken, entry(gone, drops("residue"))),
		reported("certificate without purgedBy", fsck.CertificateBroken, entry(gone, drops("purgedBy"))),
		reported("purge approved by the one who asked for it", fsck.CertificateBroken, entry(gone, set("approvedBy", text("admin")))),
		reported("deletion approved by the one who asked for it", fsck.CertificateBroken, entry(gone, set("deletionApprovedBy", text("admin")))),
		reported("purged before it was deleted", fsck.CertificateBroken, entry(gone, set("purgedAt", text(past)))),
		reported("certificate of another customer", fsck.CertificateBroken, entry(gone, set("customer", text("live")))),
		reported("retained miscounted", fsck.RetainedWrong, entry(gone, set("retained", asMap(item{})))).and(fsck.CertificateBroken),
		reported("filed certificate differs from its chain", fsck.CertificateBroken, entry(gone, set("seq", number("2")))),
		reported("certificate altered in its chain", fsck.CertificateBroken, inBlock(set("purgedBy", text("x")))),
		reported("certificate of another chain", fsck.CertificateBroken, inBlock(set("chain", number("3")))),
		reported("certificate with the number of another", fsck.CertificateBroken, inBlock(set("seq", number("2")))),
		reported("certificate that can't be read in its chain", fsck.CertificateBroken, inBlock(set("seq", text("first")))),
		reported("block gone", fsck.CertificateBroken, edit{chain, firstBlock, nil, true}),
		reported("empty block", fsck.CertificateBroken, edit{chain, "000000000007", nothing, true}),
		reported("retained, not stripped", fsck.RetainedWrong, put("X#gone", "R#invoice#1", set("data", text(`{"number":"1","buyer":"Ann"}`)))),
		reported("retained, unreadable", fsck.RetainedWrong, put("X#gone", "R#invoice#1", set("data", text(`{`)))),
		broken("retained with its maker", fsck.RetainedWrong, put("X#gone", "R#invoice#1", set("by", text("admin")))),
		broken("retained for ever", fsck.RetainedWrong, put("X#gone", "R#invoice#1", drops("ttl"))),
		reported("retained for ever, but gone", fsck.RetainedWrong, edit{pk: "X#gone", sk: "R#deed#1"}),
		reported("retained of a live customer", fsck.RetainedWrong, put("X#live", "R#invoice#1", all(set("kind", text("invoice")), set("ttl", number("5000000000"))))),

		reported("personal value in the ledger", fsck.PersonalData, entry(gone, set("purgedBy", text("änne anders-gone")))).and(fsck.CertificateBroken),
		reported("personal value in the audit log", fsck.PersonalData, logged("gone", set("reason", text("asked by Anders-Gone")))),
		reported("personal value deep in the audit log", fsck.PersonalData, logged("gone", set("fields", &types.AttributeValueMemberL{Value: []types.AttributeValue{text("+49 30 0074321")}}))),
		reported("personal value in the log of what changes no customer", fsck.PersonalData, loggedOfSite(set("subject", text("Anders-Gone")))),
		reported("entry of another time", fsck.UnknownItem, logged("gone", set("at", text("2001-01-01T00:00:00.001Z")))),
		reported("entry at no time", fsck.UnknownItem, put("A#gone", "soon#1", set("at", text("soon")))),
		reported("entry of no change", fsck.UnknownItem, put("A#gone", past, set("at", text(past)))),
		reported("entry that no day lists", fsck.WrongPlace, logged("gone", all(drops("dpk"), drops("dsk")))),
		reported("entry on another day", fsck.WrongPlace, logged("gone", set("dpk", text("2001-01-02#1")))),
		reported("entry in a shard that no day has", fsck.WrongPlace, logged("gone", set("dpk", text("2001-01-01#16")))),
		reported("entry with the place of another customer's", fsck.WrongPlace, logged("gone", set("dsk", text(past+"#1#live")))),
		reported("site entry of another time", fsck.UnknownItem, loggedOfSite(set("at", text("2001-01-01T00:00:00.001Z")))),
		reported("site entry in another shard", fsck.UnknownItem, put("L#2001-01-01#16", past+"#1", set("at", text(past)))),
		reported("site entry that no day lists", fsck.WrongPlace, loggedOfSite(drops("dpk"))),
		reported("site entry with another place", fsck.WrongPlace, loggedOfSite(set("dsk", text(past+"#2")))),
		reported("personal value in an operation", fsck.PersonalData, put("O#"+runningID, "K#000000", set("outcomes", text("done:Anders-Gone")))),
		reported("personal value in a note", fsck.PersonalData, put("I#abc", "#", all(set("ttl", number("5000000000")), set("subject", text("Anders-Gone"))))),
		broken("a note without ttl", fsck.NoteKept, put("I#abc", "#", nothing)),
		reported("an unknown key", fsck.UnknownItem, put("Z#1", "#", nothing)),
		reported("totals beside the settings", fsck.UnknownItem, put("P", "totals#0", nothing)),
		reported("a part of the totals too many", fsck.UnknownItem, put("P#totals#32", "#", nothing)),
		reported("totals of no day", fsck.UnknownItem, put("P#totals#3", "2026-02-30", set("ttl", number("5000000000")))),
		reported("totals of a day that count letters", fsck.UnknownItem, put("P#totals#3", "2026-02-20", all(set("ttl", number("5000000000")), set("purged", text("Anders"))))),
		reported("totals of a day below zero", fsck.TotalsWrong, put("P#totals#3", "2026-02-20", all(set("ttl", number("5000000000")), set("deleted", number("-1"))))),
		reported("totals of a day to come", fsck.TotalsWrong, put("P#totals#3", "2999-12-31", set("ttl", number("5000000000")))),
		broken("totals of a day that stay", fsck.TotalsWrong, put("P#totals#3", "2026-02-20", set("added", number("1")))),
		reported("an unknown part of a customer", fsck.UnknownItem, put("C#live", "Z#Anders", nothing)),
		reported("unreadable root", fsck.UnknownItem, put("C#held", "#", set("version", text("Anders")))),

		{
			name: "an operation gone", rules: []fsck.Rule{fsck.StrandedChunk}, edits: []edit{{pk: "O#" + runningID, sk: "#"}},
			touches: []string{"O#" + runningID + " F#000000", "O#" + runningID + " F#000001", "O#" + runningID + " K#000000", "O#" + runningID + " P#000001"},
		},
		broken("a chunk too many", fsck.StrandedChunk, put("O#"+runningID, "F#000007", set("subjects", text("[]")))),
		broken("progress of a chunk gone", fsck.OperationBroken, edit{pk: "O#" + runningID, sk: "P#000001"}),
		reported("outcomes of an operation that has ended gone", fsck.OperationBroken, edit{pk: "O#" + endedID, sk: "K#000001"}),
		reported("subjects gone", fsck.OperationBroken, edit{pk: "O#" + runningID, sk: "F#000001"}),
		broken("ended chunk with progress", fsck.OperationBroken, put("O#"+runningID, "P#000000", nothing)),
		broken("selection kept", fsck.OperationBroken, put("O#"+runningID, "selection", nothing)),
		reported("selection gone", fsck.OperationBroken, edit{pk: "O#" + planningID, sk: "selection"}),
		reported("waiting, but nobody has applied it", fsck.OperationBroken, put("O#waiting", "#", within("document", set("requestedBy", text(""))))),
		reported("waiting, but started", fsck.OperationBroken, put("O#waiting", "#", within("document", set("applied", text(past))))),
		reported("started without a second person", fsck.OperationBroken, put("O#"+runningID, "#", within("document", all(set("requestedBy", text("ann")), set("applied", text(past)))))),
		reported("approved by the one who applied it", fsck.OperationBroken, put("O#"+runningID, "#", within("document", all(
			set("requestedBy", text("ann")), set("approvedBy", text("ann")), set("applied", text(past)))))),
		reported("approved by the one who created it", fsck.OperationBroken, put("O#"+runningID, "#", within("document", all(
			set("by", text("bob")), set("requestedBy", text("ann")), set("approvedBy", text("bob")), set("applied", text(past)))))),
		reported("document unreadable", fsck.OperationBroken, put("O#"+runningID, "#", set("document", text("{")))),
		reported("reason of an operation without a plan", fsck.PersonalData, put("O#cancelled", "#", within("document", set("reason", text("Anders asked"))))),
		reported("position of an operation without a plan", fsck.PersonalData, put("O#cancelled", "#", within("document", set("position", text("~YW5kZXJz"))))),
		broken("running, but in the list of ended operations", fsck.WrongPlace, put("O#"+runningID, "#", set("ipk", text("operations#ended")))),
		reported("unknown part of an operation", fsck.UnknownItem, put("O#"+runningID, "Q#000000", nothing)),
	}
}

// freezing returns frozen policies that erase tickets and retain a kind for a period.
func freezing(kind string, period types.AttributeValue) types.AttributeValue {
	return asMap(item{
		"cascade": &types.AttributeValueMemberL{Value: []types.AttributeValue{text("ticket")}},
		"retain":  asMap(item{kind: asMap(item{"for": period})}),
	})
}

func resurrected(id string) func(item) {
	return func(it item) {
		it["state"], it["version"] = text("active"), number("1")
		it["created"] = text(past + "#" + id)
		it["ipk"], it["isk"] = text("live#1"), it["created"]
	}
}

// damagedWorld returns settings with a kind that is retained for ever.
func damagedWorld() customer.Settings {
	s := policies
	s.Kinds = slices.Concat([]customer.Kind{}, policies.Kinds, []customer.Kind{{Name: "deed", Policy: customer.Retain, Keep: []string{"number", "total"}, For: customer.Never}})
	return s
}

// populate creates the customers live, trash, held, fenced and gone, which is purged, and operations. It
// returns the generation of the purged customer.
func populate(t *testing.T, w *World) (generation string) {
	t.Helper()
	service := w.Service(w.Config)
	w.Personal("Anders-gone", "gone@alfreds.example", "0074321")
	create(t, service, "live", "ticket~1", "ticket~2", "ticket~1~line~1", "ticket~1~line~2", "ticket~1~line~1~line~1")
	create(t, service, "trash", "ticket~1")
	create(t, service, "held")
	create(t, service, "fenced", "ticket~1")
	create(t, service, "gone", "invoice~1", "ticket~1", "deed~1")
	remove(t, service, "trash")
	remove(t, service, "held")
	if _, err := service.Hold(t.Context(), "held", "case", byAdmin); err != nil {
		t.Fatal(err)
	}
	generation = fence(t, service, "gone").Deletion.ID
	work(t, w, service)
	gone(t, service, "gone", 1, 2)
	fence(t, service, "fenced")
	w.plan(t, planningID, bulk.Planning)
	w.plan(t, "ready", bulk.Ready, false, false)
	w.plan(t, "waiting", bulk.Waiting, false)
	w.plan(t, runningID, bulk.Running, true, false)
	w.plan(t, "cancelled", bulk.Cancelled, true, false)
	w.plan(t, "cancelling", bulk.Cancelling, true, false)
	w.plan(t, endedID, bulk.Succeeded, true, true)
	return generation
}

// plan stores an operation in a state, with one chunk for each value of ended.
func (w *World) plan(t *testing.T, id string, state bulk.State, ended ...bool) {
	t.Helper()
	table, _ := w.Open(w.Config)
	store, now := table.Operations(), w.Clock.Now()
	op := bulk.Operation{ID: id, Action: "delete", State: bulk.Planning, Version: 1, Created: now}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(store.Create(t.Context(), op, []byte(`{"filter":{"search":"anders"}}`)))
	if state == bulk.Planning {
		return
	}
	var chunks []bulk.Chunk
	for seq := range ended {
		chunks = append(chunks, bulk.Chunk{
			Seq: seq, Subjects: []bulk.Subject{{ID: "nobody", Bind: "1 0 false "}, {ID: "held", Refused: "ON_HOLD"}},
			Outcomes: []bulk.Outcome{{}, {Result: bulk.OutcomeSkipped, Code: "ON_HOLD"}},
		})
	}
	op.State, op.Version, op.Chunks, op.Expires = state, 2, len(ended), now.Add(time.Hour)
	if state == bulk.Waiting {
		op.Requested, op.RequestedBy = now, "ann"
	}
	must(store.Freeze(t.Context(), op, chunks))
	for seq, is := range ended {
		if is {
			c, err := store.Take(t.Context(), op, seq, now, now.Add(time.Minute))
			must(err)
			c.Outcomes[0] = bulk.Outcome{Result: bulk.OutcomeDone}
			must(store.Finish(t.Context(), op, c))
		}
	}
}
