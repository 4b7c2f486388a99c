// Package tabular reads CSV and NDJSON files as spreadsheets and other programs write them. A line that can't be
// read is reported by its number, and reading goes on with the next one.
//
// It holds one line in memory at a time.
package tabular

import "fmt"

// MaxLine is how many bytes a line, or a row that spans several lines, may have.
const MaxLine = 256 << 10

// LineError is what is wrong with one line of a file.
type LineError struct {
	Problem string // never repeats what the line says
}

func (e *LineError) Error() string { return e.Problem }

func lineError(format string, args ...any) *LineError {
	return &LineError{fmt.Sprintf(format, args...)}
}

const notUTF8 = `is not valid UTF-8, perhaps Windows-1252 as Excel writes it: save the file as "CSV UTF-8", or convert it: iconv -f WINDOWS-1252 -t UTF-8`
