package web

import "testing"

func TestLoneSurrogate(t *testing.T) {
	for json, want := range map[string]bool{
		`{}`: false, `"a\n\\\"b"`: false, `"\u00e9"`: false, `"\ud83c\udf3b"`: false, `"\uD83C\uDF3B"`: false, `"\\ud800"`: false, `"\\\\ud800"`: false, `"\/"`: false,
		`"\ud800"`: true, `"\udc00"`: true, `"\udc00\ud800"`: true, `"\ud83c\ud83c\udf3b"`: true, `"\ud83c\u0041"`: true, `"\ud83c x"`: true, `"\\\ud800"`: true,
		`{"a":["\ud83c\udf3b",{"b\uDBFF":1}]}`: true,
	} {
		if got := loneSurrogate([]byte(json)); got != want {
			t.Errorf("%s: %v, want %v", json, got, want)
		}
	}
}
