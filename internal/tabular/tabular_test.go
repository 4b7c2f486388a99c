package tabular

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/unicode"
)

// rowText returns a row as a text.
func rowText(r Row) string {
	switch {
	case r.Err != nil:
		return fmt.Sprintf("%d: %v", r.Line, r.Err)
	case r.Blank:
		return fmt.Sprintf("%d blank", r.Line)
	}
	return fmt.Sprintf("%d %s", r.Line, strings.Join(r.Values, "|"))
}

func TestCSV(t *testing.T) {
	const unquoted = "put a value that contains the delimiter in quotes"
	utf16 := func(order unicode.Endianness, text string) string {
		encoded, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"plain", "a,b\n1,2\n3,4\n", []string{"2 1|2", "3 3|4"}},
		{"no newline at the end", "a,b\n1,2", []string{"2 1|2"}},
		{"byte order mark", "\ufeffa,b\n1,2\n", []string{"2 1|2"}},
		{"CRLF", "a,b\r\n1,2\r\n3,4\r\n", []string{"2 1|2", "3 3|4"}},
		{"blank lines count as lines", "a,b\n\n1,2\n\n\n3,4\n", []string{"3 1|2", "6 3|4"}},
		{"quotes", "a,b\n\"x, y\",\"he said \"\"no\"\"\"\n", []string{`2 x, y|he said "no"`}},
		{"newline in quotes", "a,b\n\"x\ny\",2\n3,4\n", []string{"2 x\ny|2", "4 3|4"}},
		{"too many columns", "a,b\n1,2\n24, place Kléber,4\n5,6\n", []string{"2 1|2", "3: has 3 columns, and the header has 2; " + unquoted, "4 5|6"}},
		{"too few columns", "a,b\n1\n5,6\n", []string{"2: has 1 columns, and the header has 2; " + unquoted, "3 5|6"}},
		{"bad UTF-8", "a,b\nM\xfcnster,2\nMünster,4\n", []string{"2: " + notUTF8, "3 Münster|4"}},
		{"bare quote", "a,b\n5\" pipe,2\n3,4\n", []string{"2: has a quote in a value that does not begin with a quote; put the value in quotes, and write each quote inside it twice", "3 3|4"}},
		{"quote not closed", "a,b\n1,2\n\"3,4\n5,6\n", []string{"2 1|2", "3: has a quoted value without a closing quote, or with text after it; write each quote inside a value twice; lines 3 to 4 were not read"}},
		{"quote closed by the next one", "sep=,\na,b\n\"1,2\n3,\"4\"\n5,6\n\"7\"8,9\n", []string{
			"3: has a quoted value without a closing quote, or with text after it; write each quote inside a value twice; lines 3 to 4 were not read", "5 5|6",
			"6: has a quoted value without a closing quote, or with text after it; write each quote inside a value twice",
		}},
		{"quote closed by the next one, with too few columns", "a,b,c\n1,\"2,3\n4,5,\"\n7,8,9\n", []string{
			"2: has 2 columns, and the header has 3; " + unquoted + "; lines 2 to 3 were not read", "4 7|8|9",
		}},
		{"formula", "a,b\n=1+1,@x\n", []string{"2 =1+1|@x"}},
		{"header only", "a,b\n", nil},
		{"CR alone", "a,b\r1,2\r\r3,4\r", []string{"2 1|2", "4 3|4"}},
		{"CR alone at last", "a,b\n1,2\r", []string{"2 1|2"}},
		{"CR alone in quotes", "a,b\r\n\"x\ry\",2\r\n3,4", []string{"2 x\ny|2", "4 3|4"}},
		{"two byte order marks", "\ufeff\ufeffa,b\n1,2\n", []string{"2 1|2"}},
		{"three, and a quote", "\ufeff\ufeff\ufeff\"a\",b\n1,2\n", []string{"2 1|2"}},
		{"UTF-16, little end first", utf16(unicode.LittleEndian, "a;b\r\n\"Zoë; 李\";2\r\n"), []string{"2 Zoë; 李|2"}},
		{"UTF-16, big end first", utf16(unicode.BigEndian, "a\tb\n1\t2\n"), []string{"2 1|2"}},
		{"half a surrogate pair in UTF-16", "\xff\xfea\x00\n\x00\x00\xd8\n\x00b\x00\n\x00", []string{"2: has a replacement character (U+FFFD) where a letter was lost; export the file again, as UTF-8", "3 b"}},
		{"blank rows", "a,b\n,\n1,2\n , \n,,,\n3,4\n", []string{"2 blank", "3 1|2", "4 blank", "5 blank", "6 3|4"}},
		{"blank rows before the header", "\n,,\na,b\n1,2\n", []string{"4 1|2"}},
		{"empty columns without a name", ",a,,b,\n,1,,2,\n, 3,,4,\n", []string{"2 1|2", "3  3|4"}},
		{"a value in a column without a name", "a,,b\n1,x,2\n3,,4\n", []string{"2: has a value in column 2, which has no name in the header; give it a name there", "3 3|4"}},
		{"delimiters beyond the last column", "a,b\n1,2,,\n3,4,,5\n", []string{"2 1|2", "3: has 4 columns, and the header has 2; " + unquoted}},
		{"semicolons", "a;b\n1,5;2\n", []string{"2 1,5|2"}},
		{"semicolons, and commas in names", "\"a, b, c\";b\n1;2\n", []string{"2 1|2"}},
		{"tabs", "a\tb\n1,5\t2\n", []string{"2 1,5|2"}},
		{"bars", "a|b\n1|2\n", []string{"2 1|2"}},
		{"sep", "sep=;\na,x;b\n1;2\n\"3\n\";4\n5\n", []string{"3 1|2", "4 3\n|4", "6: has 1 columns, and the header has 2; " + unquoted}},
		{"sep in quotes, in capitals, a tab", "\ufeff\"SEP=\t\"\r\na\tb\r\n1\t2\r\n", []string{"3 1|2"}},
		{"sep of a file that has other delimiters", "sep=,\na;b,c\n1;2,3\n", []string{"3 1;2|3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.file), iotest.OneByteReader(strings.NewReader(tt.file))} {
				c, err := NewCSV(r, Detect)
				if err != nil {
					t.Fatal(err)
				}
				if got := collect(c.Rows(), rowText); !slices.Equal(got, tt.want) {
					t.Errorf("got %q\nwant %q", got, tt.want)
				}
			}
		})
	}
}

func collect[T any](seq func(func(T) bool), text func(T) string) []string {
	var got []string
	for v := range seq {
		got = append(got, text(v))
	}
	return got
}

func TestCSVHeader(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"empty", "", "is empty: the first line must name the columns"},
		{"blank rows only", ",,\n , \n\n", "is empty: the first line must name the columns"},
		{"sep only", "sep=;", "is empty: the first line must name the columns"},
		{"HTML", "\n<!DOCTYPE html><html><body>Sign in</body></html>", notText["text/html; charset=utf-8"]},
		{"a table of HTML", "<table><tr><td>id</td></tr></table>", notText["text/html; charset=utf-8"]},
		{"XML", "<?xml version=\"1.0\"?>\n<a/>", notText["text/xml; charset=utf-8"]},
		{"an Excel workbook", "PK\x03\x04\x14\x00\x06\x00", notText["application/zip"]},
		{"an old Excel workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", notText["application/octet-stream"]},
		{"compressed", "\x1f\x8b\x08\x00", notText["application/x-gzip"]},
		{"UTF-16 without a mark", "a\x00,\x00b\x00", notText["application/octet-stream"]},
		{"JSON", "[{\"id\":1}]", "looks like JSON, not CSV: send JSON as application/x-ndjson, with one object per line"},
		{"a name twice", "a,b,a\n", "has the same name for column 3 and an earlier column: give each column its own name"},
		{"columns without end", strings.Repeat("a,", 1000) + "a\n", "has 1001 columns; at most 1000 are allowed"},
		{"bad UTF-8", "a,\xff\n", notUTF8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewCSV(strings.NewReader(tt.file), Detect); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestCSVBoundsARow(t *testing.T) {
	file := "a,b\n1,2\n\"" + strings.Repeat("x\n", MaxLine) + "\",4\n"
	c, err := NewCSV(strings.NewReader(file), ',')
	if err != nil {
		t.Fatal(err)
	}
	got := collect(c.Rows(), rowText)
	want := []string{"2 1|2", "3: " + errTooLong.Problem}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadErrorsEndAFile(t *testing.T) {
	broken := errors.New("connection reset")
	file := func(text string) io.Reader {
		return io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
	}
	c, err := NewCSV(file("a,b\n1,2\n3,"), ',')
	if err != nil {
		t.Fatal(err)
	}
	if got, want := collect(c.Rows(), rowText), []string{"2 1|2", "3: connection reset"}; !slices.Equal(got, want) {
		t.Errorf("CSV: got %q, want %q", got, want)
	}
	lines, err := NDJSON(file("{}\n{\"a\":"))
	if err != nil {
		t.Fatal(err)
	}
	got := collect(lines, lineText)
	if want := []string{"1 {}", "2: connection reset"}; !slices.Equal(got, want) {
		t.Errorf("NDJSON: got %q, want %q", got, want)
	}
}

func TestDelimiter(t *testing.T) {
	for name, want := range map[string]rune{",": ',', ";": ';', "tab": '\t', "\t": '\t', "|": '|', "·": '·', "::": 0, "\"": 0, "\n": 0, "\xff": 0, "\x00": 0} {
		got, ok := Delimiter(name)
		if ok != (want != 0) || ok && got != want {
			t.Errorf("Delimiter(%q) = %q, %v", name, got, ok)
		}
	}
}

func lineText(l Line) string {
	if l.Err != nil {
		return fmt.Sprintf("%d: %v", l.Line, l.Err)
	}
	return fmt.Sprintf("%d %s", l.Line, strings.TrimSpace(string(l.Data)))
}

func TestNDJSON(t *testing.T) {
	const noObject = "is not a JSON object on one line"
	long := `{"a":"` + strings.Repeat("x", MaxLine) + `"}`
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"plain", "{\"a\":1}\n{\"a\":2}\n", []string{`1 {"a":1}`, `2 {"a":2}`}},
		{"no newline at the end", `{"a":1}`, []string{`1 {"a":1}`}},
		{"byte order mark and CRLF", "\ufeff{\"a\":1}\r\n{}\r\n", []string{`1 {"a":1}`, `2 {}`}},
		{"blank lines count as lines", "\n{}\n \n{}", []string{"2 {}", "4 {}"}},
		{"no object", "7\n[1]\n{\"a\":}\n{} {}\n{}\n", []string{"1: " + noObject, "2: " + noObject, "3: " + noObject, "4: " + noObject, "5 {}"}},
		{"CR alone", "{}\r\r{}\r", []string{"1 {}", "3 {}"}},
		{"bad UTF-8", "{\"a\":\"\xff\"}\n{}\n", []string{"1: " + notUTF8, "2 {}"}},
		{"long line in the middle", "{}\n" + long + "\n{}\n", []string{"1 {}", "2: has more than 256 KB; split the object, or remove fields from it", "3 {}"}},
		{"long line at the end", "{}\n" + long, []string{"1 {}", "2: has more than 256 KB; split the object, or remove fields from it"}},
		{"empty", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines, err := NDJSON(strings.NewReader(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if got := collect(lines, lineText); !slices.Equal(got, tt.want) {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestNDJSONRefuses(t *testing.T) {
	for _, file := range []string{"<html></html>", " [{}]", "\ufeff[\n{}\n]", "PK\x03\x04"} {
		if _, err := NDJSON(strings.NewReader(file)); err == nil {
			t.Errorf("%q is taken for NDJSON", file)
		}
	}
}

func TestDetect(t *testing.T) {
	for start, want := range map[string]rune{
		"": ',', "id": ',', "a,b": ',', "a;b;c,d": ';', "a\tb": '\t', "\"a;b;c\",d": ',', "\n;;\n\na,b\nx;y;z;": ',', "\"a\n;;\",b": ',', "a;b,c": ',',
	} {
		if got := detect([]byte(start)); got != want {
			t.Errorf("%q: %q, want %q", start, got, want)
		}
	}
}

func TestUnmarked(t *testing.T) {
	for value, want := range map[string]string{
		"'+49 30 1": "+49 30 1", "'00123": "00123", "'=SUM(A1)": "=SUM(A1)", "'-1": "-1", "'@home": "@home", "'O'Neill": "O'Neill", "'ALFKI": "ALFKI", "''": "''", "'": "",
		"'t Hooft": "'t Hooft", "'s-Hertogenbosch": "'s-Hertogenbosch", "'Buddy' Holly": "'Buddy' Holly", "'Quoted'": "'Quoted'", "O'Neill": "O'Neill", "": "", "a'": "a'",
	} {
		if got := Unmarked(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

// FuzzCSV reads any file to its end. Line numbers must increase and be within the file, and each row must have as many values
// as the header has columns.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\ufeffa;b\r\n\"x\ny\";2\r\n", "a\n\"", "a,b\n1,2,3\n\xff,\n", "\n\n", "a\n\"\"\"\n\r\r\n"} {
		f.Add(seed, ",")
		f.Add(seed, ";")
	}
	f.Fuzz(func(t *testing.T, file, delimiter string) {
		comma, ok := Delimiter(delimiter)
		if !ok {
			return
		}
		c, err := NewCSV(strings.NewReader(file), comma)
		if err != nil {
			return
		}
		last, lines := 0, strings.Count(file, "\n")+strings.Count(file, "\r")+1
		for row := range c.Rows() {
			if row.Line <= last || row.Line > lines {
				t.Fatalf("line %d after line %d, of %d", row.Line, last, lines)
			}
			last = row.Line
			if row.Err == nil && len(row.Values) != len(c.Columns()) {
				t.Fatalf("line %d: %d values, %d columns", row.Line, len(row.Values), len(c.Columns()))
			}
		}
	})
}

// FuzzNDJSON reads any file. Each line that is not blank must be reported with its number.
func FuzzNDJSON(f *testing.F) {
	for _, seed := range []string{"{}\n{}\n", "\ufeff{\"a\":1}\r\n\r\n[]", "{\"a\":\"\xff\"}", "{\n}", "\n \n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		var want []int
		if strings.HasPrefix(file, "\xff\xfe") || strings.HasPrefix(file, "\xfe\xff") {
			return // UTF-16
		}
		file = strings.ReplaceAll(strings.ReplaceAll(strings.TrimLeft(file, "\ufeff"), "\r\n", "\n"), "\r", "\n")
		for i, line := range strings.Split(file, "\n") {
			if strings.TrimSpace(line) != "" {
				want = append(want, i+1)
			}
		}
		var got []int
		lines, err := NDJSON(strings.NewReader(file))
		if err != nil {
			return
		}
		for l := range lines {
			got = append(got, l.Line)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("lines %v, want %v", got, want)
		}
	})
}
