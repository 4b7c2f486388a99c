package tabular

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// Row is one row of a CSV file.
type Row struct {
	Line   int      // on which the row begins in the file, the first being 1
	Values []string // one for each column
	Err    error    // a *LineError, or what went wrong reading the file: there is no row after that
}

// CSV reads a CSV file with a header.
type CSV struct {
	columns []string
	reader  *csv.Reader
	meter   *meter
	last    int // line on which the last row began its last value
}

// NewCSV reads the header. Its error is a *LineError, or that of the reader.
func NewCSV(r io.Reader, delimiter rune) (*CSV, error) {
	m := &meter{source: skipBOM(r)}
	c := &CSV{reader: csv.NewReader(m), meter: m}
	c.reader.Comma = delimiter
	c.reader.FieldsPerRecord = -1
	header, _, err := c.read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, lineError("is empty: the first line must name the columns")
	case err != nil:
		return nil, err
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
	}
	c.columns = header
	return c, checkHeader(header)
}

// Delimiter reads the name of a delimiter: one character, or "tab".
func Delimiter(name string) (rune, bool) {
	if name == "tab" {
		return '\t', true
	}
	r, size := utf8.DecodeRuneInString(name)
	valid := size == len(name) && r != utf8.RuneError && r != 0 && !strings.ContainsRune("\"\r\n\ufeff", r)
	return r, valid
}

// MaxColumns is how many columns a file may have.
const MaxColumns = 1000

func checkHeader(columns []string) error {
	if len(columns) > MaxColumns {
		return lineError("has more than %d columns", MaxColumns)
	}
	for i, name := range columns {
		if name == "" {
			return lineError("has no name for column %d", i+1)
		}
		if slices.Contains(columns[:i], name) {
			return lineError("names column %d as an earlier one", i+1)
		}
	}
	return nil
}

// Columns are the names in the header.
func (c *CSV) Columns() []string { return c.columns }

// Rows goes through the rows after the header. Blank lines are none.
func (c *CSV) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for {
			values, line, err := c.read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && len(values) != len(c.columns) {
				err = lineError("has %d columns, the header has %d; a value with the delimiter in it must be in quotes", len(values), len(c.columns))
			}
			if err != nil {
				values = nil
			}
			var wrong *LineError
			if !yield(Row{line, values, err}) || err != nil && !errors.As(err, &wrong) || errors.Is(err, errTooLong) {
				return
			}
		}
	}
}

var errTooLong = lineError("goes on for more than 256 KB, perhaps because of a quote that is not closed; the rest of the file was not read")

func (c *CSV) read() (values []string, line int, err error) {
	c.meter.left = MaxLine
	values, err = c.reader.Read()
	var wrong *csv.ParseError
	switch {
	case errors.As(err, &wrong):
		return nil, wrong.StartLine, lineError("%s", parseProblem(wrong))
	case err != nil:
		return nil, c.last + 1, err
	}
	line, _ = c.reader.FieldPos(0)
	c.last, _ = c.reader.FieldPos(len(values) - 1)
	for _, v := range values {
		if !utf8.ValidString(v) {
			return nil, line, lineError(notUTF8)
		}
	}
	return values, line, nil
}

func parseProblem(err *csv.ParseError) string {
	if errors.Is(err, csv.ErrBareQuote) {
		return "has a quote in a value that does not begin with one; put the value in quotes and double those within"
	}
	return "has a quoted value that does not end well: its quote is not closed, or something follows it; double the quotes within a value"
}

// meter bounds what one row may read.
type meter struct {
	source io.Reader
	left   int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errTooLong
	}
	n, err := m.source.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if start, err := b.Peek(3); err == nil && bytes.Equal(start, []byte("\ufeff")) {
		_, _ = b.Discard(3) // peeked
	}
	return b
}
