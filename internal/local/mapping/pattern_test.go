package mapping_test

import (
	"encoding/json"
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
		{`{"a":[1]}`, `{"a":1}`, true},
		{`{"a":[null]}`, `{"a":null}`, true},
		{`{"a":[null]}`, `{}`, false},
		{`{"a":[{"exists":false}]}`, `{}`, true},
		{`{"a":[{"exists":true}]}`, `{}`, false},
		{`{"a":[{"exists":true}]}`, `{"a":0}`, true},
		{`{"a":[{"anything-but":["x"]}]}`, `{"a":"y"}`, true},
		{`{"a":[{"anything-but":"x"}]}`, `{"a":"x"}`, false},
		{`{"a":[{"anything-but":["x"]}]}`, `{}`, false},
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

func TestPatternNotUnderstood(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`x`, `[]`, `"a"`, `{"a":"x"}`, `{"a":[{"numeric":["=",1]}]}`, `{"a":[{"prefix":"x","exists":true}]}`} {
		if _, err := mapping.CompilePattern(json.RawMessage(source)); err == nil {
			t.Errorf("%s is understood", source)
		}
	}
}
