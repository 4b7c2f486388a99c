package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lethe/internal/local/mapping"
)

func TestPattern(t *testing.T) {
	t.Parallel()
	const root = `{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"C#"}]},"sk":{"S":["#"]}}}}`
	tests := []struct {
		pattern, document string
		want              bool
	}{
		{root, `{"dynamodb":{"Keys":{"pk":{"S":"C#1"},"sk":{"S":"#"}}},"x":1}`, true},
		{root, `{"dynamodb":{"Keys":{"pk":{"S":"A#1"},"sk":{"S":"#"}}}}`, false},
		{root, `{"dynamodb":{"Keys":{"pk":{"S":"C#1"},"sk":{"S":"R#x"}}}}`, false},
		{root, `{"dynamodb":{}}`, false},
		{`{"a":["x","y"]}`, `{"a":"y"}`, true},
		{`{"a":["x"]}`, `{"a":["y","x"]}`, true},
		{`{"a":["x"]}`, `{"a":null}`, false},
		{`{"a":["x"]}`, `{}`, false},
		{`{"a":[{"prefix":"x"}]}`, `{"a":1}`, false},
		{`{"a":["x"],"b":["y"]}`, `{"a":"x"}`, false},
	}
	for _, test := range tests {
		t.Run(test.pattern+test.document, func(t *testing.T) {
			t.Parallel()
			pattern, err := mapping.CompilePattern(json.RawMessage(test.pattern))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := pattern.Matches([]byte(test.document)); got != test.want || err != nil {
				t.Errorf("matches: %t, %v; want %t", got, err, test.want)
			}
		})
	}
}

func TestPatternNotSupported(t *testing.T) {
	t.Parallel()
	const inList, list = `is not supported in a list: use a text or {"prefix": text}`, `use an object, or a list of texts and {"prefix": text}`
	for source, want := range map[string]string{
		`x`:                                   "is not JSON",
		`[]`:                                  "must be a JSON object",
		`"a"`:                                 "must be a JSON object",
		`{"a":"x"}`:                           list,
		`{"a":[1]}`:                           inList,
		`{"a":[null]}`:                        inList,
		`{"a":[{"exists":true}]}`:             inList,
		`{"a":[{"anything-but":["x"]}]}`:      inList,
		`{"a":[{"numeric":["=",1]}]}`:         inList,
		`{"a":[{"prefix":1}]}`:                inList,
		`{"a":[{"prefix":"x","suffix":"y"}]}`: inList,
	} {
		if _, err := mapping.CompilePattern(json.RawMessage(source)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is refused with %v, want %q", source, err, want)
		}
	}
}
