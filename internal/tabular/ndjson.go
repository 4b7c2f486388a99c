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
	Err  error // a *LineError, or what went wrong reading the file: there is no line after that
}

// NDJSON goes through the lines of a file of JSON objects. Blank lines are none. The
// data of a line is overwritten by the next. The error is a *LineError: it is another kind of file.
func NDJSON(r io.Reader) (iter.Seq[Line], error) {
	b, err := open(r)
	if err != nil {
		return nil, err
	}
	start, _ := b.Peek(peeked) // an error comes again with what is read
	if rest := bytes.TrimSpace(start); len(rest) > 0 && rest[0] == '[' {
		return nil, lineError("is a JSON array: write one object a line, for example with jq -c '.[]'")
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

// nextLine reads a line; one that is too long is skipped to its end.
func nextLine(b *bufio.Reader) ([]byte, error) {
	data, err := b.ReadSlice('\n')
	tooLong := false
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = b.ReadSlice('\n')
	}
	switch {
	case tooLong && (err == nil || errors.Is(err, io.EOF)):
		return nil, lineError("has more than 256 KB")
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
