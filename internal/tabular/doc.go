// Package tabular reads CSV and NDJSON files that spreadsheets and other programs write. It reports a line that it can't
// read with its number, and continues with the next one.
//
// It keeps one line in memory at a time.
package tabular

import "fmt"

// MaxLine is how many bytes a line, or a row that spans several lines, may have.
const MaxLine = 256 << 10

// LineError says that a line of a file can't be read, and why.
type LineError struct {
	Problem string // what is wrong and what to do; never repeats the content of the line
}

func (e *LineError) Error() string { return e.Problem }

func lineError(format string, args ...any) *LineError {
	return &LineError{fmt.Sprintf(format, args...)}
}

const notUTF8 = `is not valid UTF-8, perhaps Windows-1252 as Excel writes it: save the file as "CSV UTF-8", or convert it: iconv -f WINDOWS-1252 -t UTF-8`
