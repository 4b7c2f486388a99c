package engine

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

func TestEmptyMapsGetTheirType(t *testing.T) {
	t.Parallel()
	image := func(attributes string) string {
		return `{"NextShardIterator":"i","Records":[{"eventID":"1","dynamodb":{"ApproximateCreationDateTime":1795581840.123,"Keys":{"pk":{"S":"C#a"}},"NewImage":` +
			attributes + `,"OldImage":` + attributes + `}}]}`
	}
	tests := []struct{ name, from, to string }{
		{"at the top", image(`{"counts":{},"pk":{"S":"a"}}`), image(`{"counts":{"M":{}},"pk":{"S":"a"}}`)},
		{"within a map", image(`{"m":{"M":{"in":{}}}}`), image(`{"m":{"M":{"in":{"M":{}}}}}`)},
		{"within a list", image(`{"l":{"L":[{},{"S":"x"},{}]}}`), image(`{"l":{"L":[{"M":{}},{"S":"x"},{"M":{}}]}}`)},
		{"with a type already", image(`{"m":{"M":{}},"l":{"L":[]}}`), image(`{"m":{"M":{}},"l":{"L":[]}}`)},
		{"in a text", image(`{"s":{"S":"{\"a\":{}}"}}`), image(`{"s":{"S":"{\"a\":{}}"}}`)},
		{"in another answer", `{"StreamDescription":{"Shards":[{"SequenceNumberRange":{}}]}}`, `{"StreamDescription":{"Shards":[{"SequenceNumberRange":{}}]}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := typeMaps([]byte(test.from))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(parsed(t, got), parsed(t, []byte(test.to))) {
				t.Errorf("made %s\nwant %s", got, test.to)
			}
		})
	}
}

func TestAnAnswerOfTheStreamThatIsNoJSONIsAnError(t *testing.T) {
	t.Parallel()
	if got, err := typeMaps([]byte(`{"Records":{}`)); err == nil {
		t.Errorf("made %s", got)
	}
}

func parsed(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
