package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// scan searches for words in everything that a system stores, in any spelling and encoding. It
// shares no code with the redaction.
type scan struct {
	words []string          // plain
	seen  map[string]bool   // texts already scanned
	found map[string]string // where each word was found
}

func newScan(words ...string) *scan {
	s := &scan{seen: map[string]bool{}, found: map[string]string{}}
	for _, w := range words {
		s.words = append(s.words, bare(w))
	}
	return s
}

// left scans a system for words, and returns where it finds them.
func (r *running) left(t *testing.T, words ...string) map[string]string {
	t.Helper()
	s := newScan(words...)
	db := dynamodb.NewFromConfig(r.dynamoDB.config)
	for id, table := range r.resources.Tables {
		s.table(t, db, id, dynamodb.ScanInput{TableName: &table.Name, ConsistentRead: aws.Bool(true)})
	}
	for _, index := range []string{"lists", "days"} {
		s.table(t, db, index, dynamodb.ScanInput{TableName: aws.String(stack + "Table"), IndexName: &index})
	}
	r.messages(t, s)
	for line := range strings.Lines(r.options.Output.(*journal).String()) {
		s.look("the log", line)
	}
	return s.found
}

func (s *scan) table(t *testing.T, db *dynamodb.Client, name string, in dynamodb.ScanInput) {
	t.Helper()
	for pages := dynamodb.NewScanPaginator(db, &in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range page.Items {
			s.attribute(name, &types.AttributeValueMemberM{Value: it})
		}
	}
}

func (s *scan) attribute(where string, value types.AttributeValue) {
	switch v := value.(type) {
	case *types.AttributeValueMemberM:
		if pk, ok := v.Value["pk"].(*types.AttributeValueMemberS); ok {
			where += " " + pk.Value
		}
		for name, member := range v.Value {
			s.look(where, name)
			s.attribute(where+" "+name, member)
		}
	case *types.AttributeValueMemberL:
		for _, member := range v.Value {
			s.attribute(where, member)
		}
	case *types.AttributeValueMemberS:
		s.look(where, v.Value)
	case *types.AttributeValueMemberSS:
		s.look(where, strings.Join(v.Value, " "))
	case *types.AttributeValueMemberB:
		s.look(where, string(v.Value))
	case *types.AttributeValueMemberN:
		s.look(where, v.Value)
	}
}

// messages scans the messages in the queues, and leaves them there.
func (r *running) messages(t *testing.T, s *scan) {
	t.Helper()
	client := sqs.NewFromConfig(r.sqs.config)
	for id, queue := range r.resources.Queues {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: &queue.URL, MaxNumberOfMessages: 10, VisibilityTimeout: 0, MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Messages {
			s.look(id, aws.ToString(m.Body))
			for name, a := range m.MessageAttributes {
				s.look(id, name+" "+aws.ToString(a.StringValue))
			}
		}
	}
}

// look scans a text, and every text that is encoded in it.
func (s *scan) look(where, text string) { s.unpack(where, text, 5) }

func (s *scan) unpack(where, text string, depth int) {
	if depth == 0 || text == "" || s.seen[text] {
		return
	}
	s.seen[text] = true
	if utf8.ValidString(text) {
		plain := bare(text)
		for _, w := range s.words {
			if strings.Contains(plain, w) {
				s.found[w] = fmt.Sprintf("%s: %.200q", where, text)
			}
		}
	}
	for _, open := range packings {
		for _, inner := range open(text) {
			s.unpack(where, inner, depth-1)
		}
	}
}

// bare returns a text with case folded, and without all but letters and digits: separators in a word make no difference.
func bare(text string) string {
	folder := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), runes.Remove(runes.Predicate(func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})), norm.NFC)
	plain, _, err := transform.String(folder, text)
	if err != nil {
		panic(err) // this transformer does not fail
	}
	return strings.NewReplacer("ł", "l", "ø", "o", "٠", "0", "٣", "3", "٧", "7", "٦", "6", "٥", "5", "٤", "4", "٢", "2", "١", "1").Replace(plain)
}

// packings are the encodings of texts in other texts.
var packings = []func(string) []string{
	fromJSON, unescaped, fromPercents, fromHTML, fromBase64, fromHex, inflated,
}

func fromJSON(text string) []string {
	var value any
	if !strings.ContainsAny(text[:1], `{["`) || json.Unmarshal([]byte(text), &value) != nil {
		return nil
	}
	return stringsOf(value)
}

func stringsOf(value any) (all []string) {
	switch v := value.(type) {
	case string:
		all = []string{v}
	case []any:
		for _, member := range v {
			all = append(all, stringsOf(member)...)
		}
	case map[string]any:
		all = slices.Collect(maps.Keys(v))
		for _, member := range v {
			all = append(all, stringsOf(member)...)
		}
	}
	return all
}

var escape = regexp.MustCompile(`(?:\\u[0-9A-Fa-f]{4})+|\\x[0-9A-Fa-f]{2}|\\["'\\/bfnrt]`)

func unescaped(text string) []string {
	return []string{escape.ReplaceAllStringFunc(text, func(escaped string) string {
		var s string
		if json.Unmarshal([]byte(`"`+escaped+`"`), &s) == nil {
			return s
		}
		s, err := strconv.Unquote(`"` + escaped + `"`)
		if err != nil {
			return escaped
		}
		return s
	})}
}

func fromPercents(text string) []string {
	decoded, err := url.QueryUnescape(text)
	if err != nil {
		return nil
	}
	return []string{decoded}
}

func fromHTML(text string) []string { return []string{html.UnescapeString(text)} }

var base64Like = regexp.MustCompile(`[A-Za-z0-9+/_-]{6,}`)

func fromBase64(text string) (all []string) {
	for _, run := range base64Like.FindAllString(text, -1) {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if decoded, err := encoding.DecodeString(run); err == nil {
				all = append(all, string(decoded))
			}
		}
	}
	return all
}

var hexLike = regexp.MustCompile(`(?:[0-9A-Fa-f]{2}){4,}`)

func fromHex(text string) (all []string) {
	for _, run := range hexLike.FindAllString(text, -1) {
		if decoded, err := hex.DecodeString(run); err == nil {
			all = append(all, string(decoded))
		}
	}
	return all
}

func inflated(text string) (all []string) {
	for _, open := range []func(io.Reader) (io.Reader, error){
		func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
	} {
		if r, err := open(strings.NewReader(text)); err == nil {
			if inner, err := io.ReadAll(r); err == nil {
				all = append(all, string(inner))
			}
		}
	}
	return all
}

// TestTheScanFindsWhatIsPacked encodes a name in every way that the scan must decode, and in three ways at once.
func TestTheScanFindsWhatIsPacked(t *testing.T) {
	zipped := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text)) // to memory
		_ = w.Close()
		return b.String()
	}
	in64 := base64.StdEncoding.EncodeToString
	quoted, err := json.Marshal(map[string]string{"buyer": "Zoë Weißenböck"})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as it is": "Frau Weißenböck", "decomposed": norm.NFD.String("Weißenböck"), "in capitals": "WEISSENBÖCK", "in full width": "ｗｅｉｓｓｅｎｂｏｅck Ｗｅｉｓｓｅｎｂöｃｋ",
		"divided": "weis-sen böck", "JSON in JSON": strconv.Quote(string(quoted)), "with escapes": `Wei\u00dfenb\u00f6ck`, "with percents": url.QueryEscape("Weißenböck"), "for HTML": "Wei&szlig;enb&ouml;ck",
		"in base64": "id=" + in64([]byte("Zoë Weißenböck")), "in base64 of URLs": base64.RawURLEncoding.EncodeToString([]byte(">>>? Weißenböck")), "in hex": hex.EncodeToString([]byte("Weißenböck")),
		"compressed": zipped("Weißenböck"), "compressed, in base64, in JSON": `["` + in64([]byte(zipped(string(quoted)))) + `"]`,
	} {
		s := newScan("Weißenböck", "Kowalczyk")
		s.look("here", text)
		if len(s.found) != 1 || s.found["weissenbock"] == "" {
			t.Errorf("%s: found %v", name, s.found)
		}
	}
}
