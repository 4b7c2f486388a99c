package tabular

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"unicode/utf8"
)

// Line is one line of an NDJSON file.
type Line struct {
	Line int // its number in the file, the first being 1
	Data []byte
	Err  error // a *LineError, or an error of the reader, after which no line follows
}

// NDJSON returns an iterator over the lines of a file of JSON objects, one a line; it can be used once. Blank lines
// are skipped. The next line overwrites the data of a line. The error is a *LineError: the file is of another kind. See Line.Err for
// the errors of lines and of the reader.
func NDJSON(r io.Reader) (iter.Seq[Line], error) {
	b, err := open(r)
	if err != nil {
		return nil, err
	}
	start, _ := b.Peek(peeked) // reading returns the error again
	if rest := bytes.TrimSpace(start); len(rest) > 0 && rest[0] == '[' {
		return nil, lineError("is a JSON array: write one object per line, for example with jq -c '.[]'")
	}
	return objects(b), nil
}

func objects(b *bufio.Reader) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for n := 1; ; n++ {
			data, err := nextLine(b)
			var wrong *LineError
			if err == nil {
				err = checkObject(data)
			}
			if end := errors.Is(err, io.EOF); end || len(bytes.TrimSpace(data)) == 0 && err == nil {
				if end {
					return
				}
				continue
			}
			if !yield(Line{n, data, err}) || err != nil && !errors.As(err, &wrong) {
				return
			}
		}
	}
}

// nextLine reads a line. It skips the rest of one that is too long.
func nextLine(b *bufio.Reader) ([]byte, error) {
	data, err := b.ReadSlice('\n')
	tooLong := false
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = b.ReadSlice('\n')
	}
	switch {
	case tooLong && (err == nil || errors.Is(err, io.EOF)):
		return nil, lineError("is longer than 256 KB")
	case errors.Is(err, io.EOF) && len(data) > 0:
		return data, nil
	}
	return data, err
}

func checkObject(data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0:
		return nil
	case !utf8.Valid(data):
		return lineError(notUTF8)
	case data[0] != '{' || !json.Valid(data):
		return lineError("is not a JSON object on one line")
	}
	return nil
}
