package fsck

import (
	"encoding/json"
	"fmt"
	"slices"
)

// position is the state of a check between two parts.
type position struct {
	Main, Ledger []mark
	Chains       chains
	Totals       tally // at the beginning
}

// mark is the key after which a segment continues. The key holds no personal data.
type mark struct {
	PK, SK string
	Done   bool
	Roots  tally // read so far
}

func newPosition(segments int) *position {
	return &position{Main: make([]mark, segments), Ledger: make([]mark, segments)}
}

// positionOf decodes a position; an empty text is the beginning.
func positionOf(text string, segments int) (*position, error) {
	p := newPosition(segments)
	if text == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(text), p); err != nil {
		return nil, fmt.Errorf("fsck: position: %w", err)
	}
	return p, nil
}

// text encodes a position for positionOf. It is empty at the end.
func (p *position) text() (string, error) {
	if p.done() {
		return "", nil
	}
	text, err := json.Marshal(p)
	return string(text), err
}

func ended(marks []mark) bool {
	return !slices.ContainsFunc(marks, func(m mark) bool { return !m.Done })
}

func (p *position) done() bool { return p.Chains.Done && ended(p.Main) && ended(p.Ledger) }
