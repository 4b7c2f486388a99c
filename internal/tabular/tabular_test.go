package tabular

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// rowText writes a row so that tables of tests stay short.
func rowText(r Row) string {
	if r.Err != nil {
		return fmt.Sprintf("%d: %v", r.Line, r.Err)
	}
	return fmt.Sprintf("%d %s", r.Line, strings.Join(r.Values, "|"))
}

func TestCSV(t *testing.T) {
	const unquoted = "a value with the delimiter in it must be in quotes"
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
		{"too many columns", "a,b\n1,2\n24, place Kléber,4\n5,6\n", []string{"2 1|2", "3: has 3 columns, the header has 2; " + unquoted, "4 5|6"}},
		{"too few columns", "a,b\n1\n5,6\n", []string{"2: has 1 columns, the header has 2; " + unquoted, "3 5|6"}},
		{"bad UTF-8", "a,b\nM\xfcnster,2\nMünster,4\n", []string{"2: is not valid UTF-8; save the file as UTF-8", "3 Münster|4"}},
		{"bare quote", "a,b\n5\" pipe,2\n3,4\n", []string{"2: has a quote in a value that does not begin with one; put the value in quotes and double those within", "3 3|4"}},
		{"quote not closed", "a,b\n1,2\n\"3,4\n5,6\n", []string{"2 1|2", "3: has a quoted value that does not end well: its quote is not closed, or something follows it; double the quotes within a value"}},
		{"formula", "a,b\n=1+1,@x\n", []string{"2 =1+1|@x"}},
		{"header only", "a,b\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.file), iotest.OneByteReader(strings.NewReader(tt.file))} {
				c, err := NewCSV(r, ',')
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
		{"column without a name", "a,,c\n", "has no name for column 2"},
		{"a name twice", "a,b,a\n", "names column 3 as an earlier one"},
		{"columns without end", strings.Repeat("a,", 1000) + "a\n", "has more than 1000 columns"},
		{"bad UTF-8", "a,\xff\n", "is not valid UTF-8; save the file as UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewCSV(strings.NewReader(tt.file), ','); err == nil || err.Error() != tt.want {
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
	got := collect(NDJSON(file("{}\n{\"a\":")), lineText)
	if want := []string{"1 {}", "2: connection reset"}; !slices.Equal(got, want) {
		t.Errorf("NDJSON: got %q, want %q", got, want)
	}
}

func TestDelimiter(t *testing.T) {
	for name, want := range map[string]rune{",": ',', ";": ';', "tab": '\t', "\t": '\t', "|": '|', "·": '·', "": 0, "::": 0, "\"": 0, "\n": 0, "\xff": 0, "\x00": 0} {
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
		{"no object", "[1]\n7\n{\"a\":}\n{} {}\n{}\n", []string{"1: " + noObject, "2: " + noObject, "3: " + noObject, "4: " + noObject, "5 {}"}},
		{"bad UTF-8", "{\"a\":\"\xff\"}\n{}\n", []string{"1: is not valid UTF-8; save the file as UTF-8", "2 {}"}},
		{"long line in the middle", "{}\n" + long + "\n{}\n", []string{"1 {}", "2: has more than 256 KB", "3 {}"}},
		{"long line at the end", "{}\n" + long, []string{"1 {}", "2: has more than 256 KB"}},
		{"empty", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := collect(NDJSON(strings.NewReader(tt.file)), lineText); !slices.Equal(got, tt.want) {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
}

// FuzzCSV asks of any file that it is read to an end, that its lines count upwards
// within it, and that no row is of another width than the header.
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

// FuzzNDJSON asks of any file that what isn't blank is told of, by its line.
func FuzzNDJSON(f *testing.F) {
	for _, seed := range []string{"{}\n{}\n", "\ufeff{\"a\":1}\r\n\r\n[]", "{\"a\":\"\xff\"}", "{\n}", "\n \n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		var want []int
		for i, line := range strings.Split(strings.TrimPrefix(file, "\ufeff"), "\n") {
			if strings.TrimSpace(line) != "" {
				want = append(want, i+1)
			}
		}
		var got []int
		for l := range NDJSON(strings.NewReader(file)) {
			got = append(got, l.Line)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("lines %v, want %v", got, want)
		}
	})
}
