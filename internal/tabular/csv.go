package tabular

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// Row is one row of a CSV file.
type Row struct {
	Line   int      // number of the row's first line in the file, from 1
	Values []string // one for each column with a name
	Blank  bool     // the row has only delimiters and spaces
	Err    error    // a *LineError, or an error of the reader, which ends the rows
}

// CSV is a reader of a CSV file with a header.
type CSV struct {
	columns []string // names of the columns that have one
	named   []bool   // by column of the file: whether it has a name
	reader  *csv.Reader
	meter   *meter
	before  int // number of lines removed from the start of the file
	last    int // line in which the last value of the previous row begins
}

// NewCSV returns a reader of a file. It reads the header, which is the first row that is not blank, and leaves out columns
// without a name. With [Detect] the delimiter comes from a first line such as sep=; or else from the header. The error is a
// *LineError if the file is not CSV with a header, otherwise it is the reader's.
func NewCSV(r io.Reader, delimiter rune) (*CSV, error) {
	text, err := open(r)
	if err != nil {
		return nil, err
	}
	c := &CSV{meter: &meter{source: text}}
	if delimiter, c.before, err = delimiterOf(text, delimiter); err != nil {
		return nil, err
	}
	c.reader = csv.NewReader(c.meter)
	c.reader.Comma = delimiter
	c.reader.FieldsPerRecord = -1
	header, err := c.readHeader()
	if err != nil {
		return nil, err
	}
	return c, c.setColumns(header)
}

func delimiterOf(text *bufio.Reader, given rune) (delimiter rune, before int, err error) {
	said, taken := takeSep(text)
	if taken {
		before = 1
	}
	start, _ := text.Peek(peeked) // reading returns the error again
	switch {
	case len(start) > 0 && (start[0] == '{' || start[0] == '['):
		return 0, 0, lineError("looks like JSON, not CSV: send JSON as application/x-ndjson, with one object per line")
	case given != Detect:
		return given, before, nil
	case taken:
		return said, before, nil
	}
	return detect(start), before, nil
}

func (c *CSV) readHeader() ([]string, error) {
	for {
		header, _, err := c.read()
		switch {
		case errors.Is(err, io.EOF):
			return nil, lineError("is empty: the first line must name the columns")
		case err != nil:
			return nil, err
		case !blank(header):
			return header, nil
		}
	}
}

// MaxColumns is how many columns a CSV file may have.
const MaxColumns = 1000

func (c *CSV) setColumns(header []string) error {
	if len(header) > MaxColumns {
		return lineError("has %d columns; at most %d are allowed", len(header), MaxColumns)
	}
	c.named = make([]bool, len(header))
	for i, name := range header {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if slices.Contains(c.columns, name) {
			return lineError("has the same name for column %d and an earlier column: give each column its own name", i+1)
		}
		c.columns, c.named[i] = append(c.columns, name), true
	}
	return nil
}

// Columns returns the names of the columns.
func (c *CSV) Columns() []string { return c.columns }

// Rows returns an iterator over the rows after the header. It can be used once. It skips empty lines. See Row.Err for the
// errors.
func (c *CSV) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for {
			values, line, err := c.read()
			if errors.Is(err, io.EOF) {
				return
			}
			row := Row{Line: line, Err: err}
			if err == nil {
				row = c.row(line, values)
			}
			_, readable := errors.AsType[*LineError](row.Err)
			if !yield(row) || row.Err != nil && !readable || errors.Is(row.Err, errTooLong) {
				return
			}
		}
	}
}

// row returns a row with the values of the named columns. It ignores empty values after the last column: spreadsheets
// write such values.
func (c *CSV) row(line int, values []string) Row {
	if blank(values) {
		return Row{Line: line, Values: make([]string, len(c.columns)), Blank: true}
	}
	for len(values) > len(c.named) && values[len(values)-1] == "" {
		values = values[:len(values)-1]
	}
	if len(values) != len(c.named) {
		problem := fmt.Sprintf("has %d columns, and the header has %d; put a value that contains the delimiter in quotes", len(values), len(c.named))
		return Row{Line: line, Err: lineError("%s%s", problem, along(line, lastLine(line, values)))}
	}
	row := Row{Line: line, Values: make([]string, 0, len(c.columns))}
	for i, v := range values {
		switch {
		case c.named[i]:
			row.Values = append(row.Values, v)
		case strings.TrimSpace(v) != "":
			return Row{Line: line, Err: lineError("has a value in column %d, which has no name in the header; give it a name there", i+1)}
		}
	}
	return row
}

func blank(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" })
}

var errTooLong = lineError("has more than 256 KB, perhaps because a quote is not closed; the rest of the file was not read")

func (c *CSV) read() (values []string, line int, err error) {
	c.meter.left = MaxLine
	values, err = c.reader.Read()
	var wrong *csv.ParseError
	switch {
	case errors.As(err, &wrong):
		return nil, c.before + wrong.StartLine, c.parseProblem(wrong)
	case err != nil:
		return nil, c.before + c.last + 1, err
	}
	line, _ = c.reader.FieldPos(0)
	c.last, _ = c.reader.FieldPos(len(values) - 1)
	for _, v := range values {
		switch {
		case !utf8.ValidString(v):
			return nil, c.before + line, lineError(notUTF8)
		case strings.ContainsRune(v, utf8.RuneError):
			return nil, c.before + line, lineError("has a replacement character (U+FFFD) where a letter was lost; export the file again, as UTF-8")
		}
	}
	return values, c.before + line, nil
}

func (c *CSV) parseProblem(err *csv.ParseError) *LineError {
	if errors.Is(err, csv.ErrBareQuote) {
		return lineError("has a quote in a value that does not begin with a quote; put the value in quotes, and write each quote inside it twice")
	}
	return lineError("has a quoted value without a closing quote, or with text after it; write each quote inside a value twice%s",
		along(c.before+err.StartLine, c.before+err.Line))
}

// along returns a text that names the other lines of a row that can't be read. They have no error of their own.
func along(first, last int) string {
	if last == first {
		return ""
	}
	return fmt.Sprintf("; lines %d to %d were not read", first, last)
}

func lastLine(first int, values []string) int {
	for _, v := range values {
		first += strings.Count(v, "\n")
	}
	return first
}

// meter limits how much one row reads.
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
