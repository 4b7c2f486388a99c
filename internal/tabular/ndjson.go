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
	Line int // its number in the file, from 1
	Data []byte
	Err  error // a *LineError, or an error of the reader, which ends the lines
}

// NDJSON returns an iterator over the lines of a file with one JSON object per line. It can be used once. It skips blank
// lines. Line.Data is valid until the next line. The error is a *LineError if the file has another format. See Line.Err
// for the errors of lines and of the reader.
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

// nextLine reads a line. If the line is too long it skips the rest of it.
func nextLine(b *bufio.Reader) ([]byte, error) {
	data, err := b.ReadSlice('\n')
	tooLong := false
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = b.ReadSlice('\n')
	}
	switch {
	case tooLong && (err == nil || errors.Is(err, io.EOF)):
		return nil, lineError("has more than 256 KB; split the object, or remove fields from it")
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
