package dynamo

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// The items of the two tables. testdata/items has an example of each type, and docs/stored-items.md
// says how a stored form may change.
//
//	item                pk                 sk
//	customer (root)     C#<id>             #
//	record              C#<id>             R#<kind>#<id>[#<kind>#<id>…]  children sort right below their parent
//	access token        C#<id>             T#<sha256>
//	further fields      C#<id>             D#                            of the profile; those that are no list column
//	search term         S#<beginning>      <term>#<customer id>          written with the root, listed on it
//	e-mail claim        E#<identity>       #                             kept in the trash, freed at purge
//	retained record     X#<customer id>    R#<kind>#<id>…                what the law keeps, with its own expiry
//	audit entry         A#<customer id>    <time>#<stream sequence>
//	site entry          L#<day>#<shard>    <time>#<id>                   of the audit log: what changes no customer
//	operation           O#<id>             #
//	selection           O#<id>             selection                     of an operation, until it is planned
//	frozen subjects     O#<id>             F#<seq>
//	ended chunk         O#<id>             K#<seq>                       the outcomes of its subjects
//	chunk to be done    O#<id>             P#<seq>                       becomes an ended one
//	done under a key    I#<hash>           #                             Idempotency-Key, for a day
//	settings            P                  settings
//	access rules        P                  access                        who may do what, and who is suspended
//	totals              P#totals#<n>       #                             one of 32 parts of the sum
//	totals of a day     P#totals#<n>       <day>                         one of 32 parts, kept for 400 days
//	lease               P                  lease#<name>
//
// In the ledger:
//
//	block of a chain    L#<chain>          <seq of its first>            certificates, in their places
//	certificate         C#<customer id>    <generation>                  the same, to be looked up
//
// There are two sparse indexes. In lists, ipk is live#<shard> or trash#<shard>, and isk is the sort
// key of the list, made unique by the customer's id. Operations have entries in it too:
// ipk is operations#active or operations#ended, isk the time of creation. In days are the entries of
// the audit logs: dpk is <day>#<shard>, and dsk the time, made unique. The shard is a hash of dsk.
const (
	index = "lists"

	rootSK     = "#"
	recordSK   = "R#"
	settingsPK = "P"
	settingsSK = "settings"
	accessSK   = "access"
)

func customerPK(id string) string { return "C#" + id }
func claimPK(email string) string { return "E#" + email }
func retainedPK(id string) string { return "X#" + id }
func auditPK(id string) string    { return "A#" + id }
func oncePK(hash string) string   { return "I#" + hash }
func leaseSK(name string) string  { return "lease#" + name }
func totalsPK(n int) string       { return fmt.Sprintf("P#totals#%d", n) }

func chainPK(chain int) string { return fmt.Sprintf("L#%d", chain) }

// blockSK is the sort key of the block that begins with the certificate of this number.
func blockSK(seq int64) string { return fmt.Sprintf("%012d", seq) }

const maxSeq = 999_999_999_999

func operationPK(id string) string { return "O#" + id }

// chunkSK is the sort key of a part of a chunk. Frozen subjects sort first, then ended chunks, then
// pending ones, each by number.
func chunkSK(part string, seq int) string { return fmt.Sprintf("%s%06d", part, seq) }

const (
	selectionSK = "selection"
	frozenSK    = "F#"
	endedSK     = "K#"
	pendingSK   = "P#"
	afterChunks = "P$" // '$' follows '#'
)

// recordKey is a record's sort key. '#' sorts before every character of a kind or an
// id, so that the records below a record follow it directly.
func recordKey(key customer.Key) string {
	var b strings.Builder
	b.WriteString("R")
	for _, s := range key {
		b.WriteString("#" + s.Kind + "#" + s.ID)
	}
	return b.String()
}

// parseRecordKey is the inverse of recordKey.
func parseRecordKey(sk string) (customer.Key, error) {
	parts := strings.Split(sk, "#")
	if len(parts)%2 == 0 || parts[0] != "R" {
		return nil, fmt.Errorf("dynamo: %q is not the key of a record", sk)
	}
	var key customer.Key
	for i := 1; i < len(parts); i += 2 {
		key = append(key, customer.Step{Kind: parts[i], ID: parts[i+1]})
	}
	return key, nil
}

// termPK is the partition of a term: its first characters that make at least two bytes. In scripts with thousands
// of characters one character is enough for a search; Latin words are spread by their first two.
func termPK(term string) string {
	for at := range term {
		if at >= 2 {
			return "S#" + term[:at]
		}
	}
	return "S#" + term
}

func termSK(term, id string) string { return term + "#" + id }

// The lists. The trash is sorted by the time at which the sweep handles a customer: its purge
// time, or the end of its purge's lease.
const (
	live  = "live"
	trash = "trash"

	neverDue = "9999-12-31T23:59:59.000Z"
	held     = "held" // sorts after all times
)

func listPK(list string, shard int) string { return fmt.Sprintf("%s#%d", list, shard) }

func listSK(sortedBy, id string) string { return sortedBy + "#" + id }

// shardOf returns a customer's shard, the same in every list. If the number of shards is unknown (0), it is the first.
func shardOf(id string, shards int) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % uint32(max(shards, 1)))
}

const timeLayout = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(timeLayout, s)
}

type item = map[string]types.AttributeValue

func keyOf(pk, sk string) item {
	return item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func stringOf(it item, name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}
