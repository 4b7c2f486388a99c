package customer

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestKeysAreReadAsTheyAreWritten(t *testing.T) {
	deepest := strings.TrimSuffix(strings.Repeat("a~1~", MaxDepth), "~")
	for text, want := range map[string]string{
		"invoice~10248":         "",
		"invoice~10248~line~11": "",
		"ticket~1~ticket~2":     "",
		"a-b_c1~A.b-c_9":        "",
		deepest:                 "",
		deepest + "~a~1":        "key",
		strings.Repeat("k", 32) + "~" + strings.Repeat("i", 64): "",
		strings.Repeat("k", 33) + "~1":                          "kind",
		"k~" + strings.Repeat("i", 65):                          "id",
		"":                                                      "key",
		"invoice":                                               "key",
		"invoice~1~line":                                        "key",
		"~":                                                     "kind id",
		"invoice~":                                              "id",
		"~1":                                                    "kind",
		"Invoice~1":                                             "kind",
		"invoice~-1":                                            "id",
		"invoice~..":                                            "id",
		"invoice~1#2":                                           "id",
		"invoice~a b":                                           "id",
		"invoice~1\n":                                           "id",
		"invoice~\x00":                                          "id",
		"invoice~\xff":                                          "id",
		"invoice~é":                                             "id",
		"invoice~1~Line~?":                                      "kind id",
	} {
		key, err := ParseKey(text)
		if got := faults(err); got != want {
			t.Errorf("%.40q: %q is wrong, want %q", text, got, want)
		}
		if err == nil && key.String() != text {
			t.Errorf("%q is written %q", text, key)
		}
	}
}

func TestParentsAndChildrenOfKeys(t *testing.T) {
	invoice := Key{{"invoice", "10248"}}
	first, second := invoice.Child("line", "11"), invoice.Child("line", "42")
	for want, got := range map[string]string{
		"invoice~10248~line~11":        first.String(),
		"invoice~10248~line~42":        second.String(),
		"invoice~10248":                first.Parent().String(),
		"":                             invoice.Parent().String(),
		"line":                         first.Kind(),
		"42":                           second.ID(),
		"invoice~10248~line~42~note~1": second.Child("note", "1").String(),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if err := (Key{}).Validate(); faults(err) != "key" {
		t.Errorf("an empty key: %v", err)
	}
}

func TestRecordsAreChecked(t *testing.T) {
	for _, test := range []struct {
		name, key, data string
		want            string
	}{
		{"no data", "invoice~1", "", ""},
		{"an empty object", "invoice~1", "{}", ""},
		{"an object below another record", "invoice~1~chat~2", ` {"a":[1,{"b":null}]} `, ""},
		{"below a kind of other times", "order~1~chat~2", "{}", ""},
		{"a kind that nobody declared", "order~1", "{}", "kind"},
		{"a list", "invoice~1", "[]", "data"},
		{"a word", "invoice~1", `"x"`, "data"},
		{"null", "invoice~1", "null", "data"},
		{"half an object", "invoice~1", `{"a":`, "data"},
		{"two objects", "invoice~1", "{}{}", "data"},
		{"bad UTF-8", "invoice~1", "{\"a\":\"\xff\"}", "data"},
		{"as large as can be", "invoice~1", `{"a":"` + strings.Repeat("x", MaxRecordData-8) + `"}`, ""},
		{"too large", "invoice~1", `{"a":"` + strings.Repeat("x", MaxRecordData-7) + `"}`, "data"},
		{"a bad key", "Invoice~?", "[]", "kind id"},
	} {
		parts := strings.Split(test.key, "~")
		var key Key
		for pair := range slices.Chunk(parts, 2) {
			key = append(key, Step{pair[0], pair[1]})
		}
		if got := faults(Record{Key: key, Data: []byte(test.data)}.Validate(everyPolicy)); got != test.want {
			t.Errorf("%s: %q is wrong, want %q", test.name, got, test.want)
		}
	}
}

func TestStrippedKeepsOnlyTheNamedFields(t *testing.T) {
	kind := Kind{Name: "invoice", Policy: Retain, Keep: []string{"total", "lines", "none"}}
	for data, want := range map[string]string{
		"":   "{}",
		"{}": "{}",
		`{"total":32.380,"shipName":"Vins et alcools"}`: `{"total":32.380}`,
		`{"lines":[{"to":"Ann"}],"total":null}`:         `{"lines":[{"to":"Ann"}],"total":null}`,
		`{"Total":1,"TOTAL":2,"total ":3}`:              "{}",
		`{"address":{"total":1}}`:                       "{}",
		"no JSON":                                       "{}",
		`["total"]`:                                     "{}",
	} {
		r := Record{Key: Key{{"invoice", "1"}}, Data: []byte(data), Created: noon, By: "ann@example.com"}
		got := r.Stripped(kind)
		if string(got.Data) != want || got.By != "" || !got.Created.Equal(noon) || got.Key.String() != "invoice~1" {
			t.Errorf("%s: %s by %q at %v, want %s", data, got.Data, got.By, got.Created, want)
		}
		if again := got.Stripped(kind); !bytes.Equal(again.Data, got.Data) {
			t.Errorf("%s: stripped again: %s", got.Data, again.Data)
		}
	}
}

// FuzzParseKey parses any text. A valid key must have the same text form again, and so must its parent and
// child.
func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{"invoice~10248~line~11", "a~1", "", "~", "~~", "a~1~", "A~1", "a~..", "a~1\n", "a~\xff", strings.Repeat("a~1~", 9)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			if faults(err) == "" || strings.HasPrefix(faults(err), "not") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if key.String() != text || len(key) > MaxDepth || key.Validate() != nil {
			t.Fatalf("%q was read as %v", text, key)
		}
		if around := key.Parent().Child(key.Kind(), key.ID()); around.String() != text {
			t.Fatalf("%q is %q from its parent", text, around)
		}
	})
}

// FuzzStripped strips records with any data. Only the named fields must stay, as valid JSON.
func FuzzStripped(f *testing.F) {
	for _, seed := range []string{`{"total":1,"name":"Ann"}`, `{"total":{"name":"Ann"}}`, `{"total":1,"total":2}`, "{", "null", "\xff", `{"tot\u0061l":1e400}`, `{"total":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		stripped := Record{Data: data, By: "ann"}.Stripped(Kind{Keep: []string{"total"}})
		var whole map[string]json.RawMessage
		if err := json.Unmarshal(stripped.Data, &whole); err != nil || whole == nil || stripped.By != "" {
			t.Fatalf("%q: %q, %v", data, stripped.Data, err)
		}
		delete(whole, "total")
		if len(whole) > 0 {
			t.Fatalf("%q kept %v", data, whole)
		}
	})
}
