package fsck

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item = map[string]types.AttributeValue

const (
	rootSK       = "#"
	recordPrefix = "R#"
	tokenPrefix  = "T#"
	fieldsSK     = "D#"
	selectionSK  = "selection"
	frozenPart   = "F#"
	endedPart    = "K#"
	pendingPart  = "P#"
)

const (
	active  = "active"
	deleted = "deleted"
	purging = "purging"

	timeLayout = "2006-01-02T15:04:05.000Z"
	neverDue   = "9999-12-31T23:59:59.000Z"
	held       = "held"
)

// row holds the attributes of any item of the main table that fsck uses.
type row struct {
	PK   string `dynamodbav:"pk"`
	SK   string `dynamodbav:"sk"`
	List string `dynamodbav:"ipk"`
	Sort string `dynamodbav:"isk"`
	TTL  int64  `dynamodbav:"ttl"`

	At    string `dynamodbav:"at"` // of an entry of an audit log
	DayPK string `dynamodbav:"dpk"`
	DaySK string `dynamodbav:"dsk"`

	State   string           `dynamodbav:"state"`
	Version int64            `dynamodbav:"version"`
	Created string           `dynamodbav:"created"`
	Counts  map[string]int64 `dynamodbav:"counts"`
	Holds   map[string]any   `dynamodbav:"holds"`
	NHolds  int              `dynamodbav:"nholds"` // the number of holds
	Terms   []string         `dynamodbav:"terms"`
	Claim   string           `dynamodbav:"claim"` // absent: the e-mail address itself
	Profile struct {
		Email string `dynamodbav:"e"`
	} `dynamodbav:"profile"`
	Former   []byte    `dynamodbav:"former"`
	Deletion *deletion `dynamodbav:"deletion"`
	Reason   string    `dynamodbav:"reason"`   // of the deletion
	Approver string    `dynamodbav:"approver"` // of the deletion
	Frozen   *frozen   `dynamodbav:"frozen"`
	Last     struct {
		ID     string `dynamodbav:"id"`
		At     string `dynamodbav:"at"`
		Action string `dynamodbav:"action"`
	} `dynamodbav:"last"`

	Kind     string `dynamodbav:"kind"`
	By       string `dynamodbav:"by"`
	Children int64  `dynamodbav:"children"`

	Customer string `dynamodbav:"customer"` // of a claim
	Subjects string `dynamodbav:"subjects"` // of a chunk

	raw item
}

type deletion struct {
	ID        string `dynamodbav:"g"`
	PurgeTime moment `dynamodbav:"p"`
}

// moment is a time in milliseconds since 1970. If it can't be read, the rest of its item still can.
type moment struct {
	time.Time

	unreadable bool
}

// UnmarshalDynamoDBAttributeValue never fails: see unreadable.
func (m *moment) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	n, _ := value.(*types.AttributeValueMemberN)
	if n == nil {
		m.unreadable = true
		return nil
	}
	ms, err := strconv.ParseInt(n.Value, 10, 64)
	m.Time, m.unreadable = time.UnixMilli(ms).UTC(), err != nil
	return nil
}

func (r row) key() key { return key{r.PK, r.SK} }

type kind struct {
	Name   string   `dynamodbav:"name"`
	Policy string   `dynamodbav:"policy"`
	Keep   []string `dynamodbav:"keep"`
	For    string   `dynamodbav:"for"`
}

type certificate struct {
	PK                 string           `dynamodbav:"pk"`
	SK                 string           `dynamodbav:"sk"`
	Customer           string           `dynamodbav:"customer"`
	DeletedAt          string           `dynamodbav:"deletedAt"`
	PurgedAt           string           `dynamodbav:"purgedAt"`
	PurgedBy           string           `dynamodbav:"purgedBy"`
	ApprovedBy         string           `dynamodbav:"approvedBy"`
	DeletedBy          string           `dynamodbav:"deletedBy"`
	DeletionApprovedBy string           `dynamodbav:"deletionApprovedBy"`
	Retained           map[string]int64 `dynamodbav:"retained"`
	Residue            *int             `dynamodbav:"residue"`
}

func customerPK(id string) string { return "C#" + id }

func rootKey(id string) key { return key{customerPK(id), rootSK} }

func claimKey(identity string) key { return key{"E#" + identity, rootSK} }

// claimed returns the e-mail identity that must be claimed for the root, empty for none.
func (r row) claimed() string { return cmp.Or(r.Claim, r.Profile.Email) }

// termKey returns the key of a term. Its partition is the first letter, or the first two letters if the
// first is one byte.
func termKey(term, id string) key {
	_, size := utf8.DecodeRuneInString(term)
	if size == 1 && len(term) > 1 {
		_, second := utf8.DecodeRuneInString(term[1:])
		size += second
	}
	return key{"S#" + term[:size], term + "#" + id}
}

func stringOf(it item, name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func keyOf(it item) key { return key{stringOf(it, "pk"), stringOf(it, "sk")} }

func (k key) item() item { return item{"pk": text(k.PK), "sk": text(k.SK)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// splitRecord splits the sort key of a record into its kind and the key of its parent, which is empty
// for a record at the top. ok is false if it is not the key of a record.
func splitRecord(sk string) (kind, parent string, ok bool) {
	parts := strings.Split(sk, "#")
	if len(parts) < 3 || len(parts)%2 == 0 {
		return "", "", false
	}
	if len(parts) > 3 {
		parent = strings.Join(parts[:len(parts)-2], "#")
	}
	return parts[len(parts)-2], parent, true
}
