package tabular

import (
	"bufio"
	"bytes"
	"io"
	"net/http"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// peeked is how many bytes of a file are checked for its format before it is read. A first line is usually shorter.
const peeked = 64 << 10

var byteOrderMark = []byte("\ufeff")

// open returns a reader of a file that converts it to UTF-8 with line feeds. It recognises UTF-16 by its byte order mark. It
// removes all byte order marks at the start, since some programs add one to a file that has one. The error is a *LineError
// if the file is not text.
func open(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(transform.NewReader(r, transform.Chain(unicode.BOMOverride(transform.Nop), lineEnds{})), MaxLine)
	for {
		start, err := b.Peek(len(byteOrderMark))
		if err != nil || !bytes.Equal(start, byteOrderMark) {
			break
		}
		_, _ = b.Discard(len(byteOrderMark)) // it is buffered: this can't fail
	}
	start, _ := b.Peek(peeked) // reading returns the error again
	if problem := notText[http.DetectContentType(start)]; problem != "" && len(start) > 0 {
		return nil, lineError("%s", problem)
	}
	return b, nil
}

// notText has the problem of a file that is not text in lines, by content type.
var notText = map[string]string{
	"text/html; charset=utf-8": "is HTML, perhaps a sign-in page or an error page: download the export again, and check the file",
	"text/xml; charset=utf-8":  "is XML: export as CSV or NDJSON",
	"application/zip":          "is a ZIP file or an Excel workbook: unpack it, or save the sheet as \"CSV UTF-8\"",
	"application/pdf":          "is a PDF: export as CSV or NDJSON",
	"application/x-gzip":       "is compressed: unpack it first",
	"application/octet-stream": "is not text; save an Excel workbook as \"CSV UTF-8\", and write UTF-16 with its byte order mark",
}

// lineEnds replaces each carriage return that has no line feed after it by a line feed.
type lineEnds struct{ transform.NopResetter }

func (lineEnds) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if nDst == len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		c := src[nSrc]
		if c == '\r' {
			last := nSrc+1 == len(src)
			if last && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if last || src[nSrc+1] != '\n' {
				c = '\n'
			}
		}
		dst[nDst] = c
		nDst, nSrc = nDst+1, nSrc+1
	}
	return nDst, nSrc, nil
}
