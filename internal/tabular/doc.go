// Package tabular reads files of lines, CSV and NDJSON, as people really have them:
// a line that can't be read is told by its number, and the next one is read.
//
// It holds one line at a time, however long the file is.
package tabular

import "fmt"

// MaxLine is how many bytes a line, or a row of several lines, may have.
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
