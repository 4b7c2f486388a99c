package child

import (
	"bytes"
	"io"
	"sync"
)

// longestLine limits the memory for a child's output: longer lines are passed on in pieces.
const longestLine = 256 << 10

// Lines returns a writer for a child's output that passes on each complete line, without its end. Several
// streams may write to it at once.
func Lines(pass func(line string)) io.Writer { return &lines{pass: pass} }

type lines struct {
	pass func(string)

	mu   sync.Mutex
	rest []byte
}

func (l *lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, data...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			break
		}
		l.pass(string(bytes.TrimSuffix(line, []byte("\r"))))
		l.rest = rest
	}
	if len(l.rest) > longestLine {
		l.pass(string(l.rest))
		l.rest = nil
	}
	return len(data), nil
}
