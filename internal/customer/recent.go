package customer

import (
	"crypto/sha256"
	"slices"
)

// MaxRecent is how many changes that were made to a customer alone its root remembers. A
// request that the network delivers again changes nothing while it is among them: after up
// to five others. They take 70 bytes of the 1,024 up to which a root costs as little as it
// does; one of ordinary size with everything in use has 154 left.
const MaxRecent = 6

// Mark is a change's id in short: what a root can afford to keep of it.
type Mark [8]byte

// MarkOf is the mark of the change with an id.
func MarkOf(change string) Mark {
	sum := sha256.Sum256([]byte(change))
	return Mark(sum[:len(Mark{})])
}

// Recent are the marks of the last changes of a customer, by which one is recognised that
// comes again, be it tried again after its answer was lost, or delivered late.
type Recent struct {
	Single []Mark // made to this customer alone, the latest first, at most MaxRecent
	Many   Mark   // made to it as one of many, the latest; zero: none
}

// With is what is recent after one more change of this customer alone.
func (r Recent) With(change string) Recent {
	r.Single = append([]Mark{MarkOf(change)}, r.Single[:min(len(r.Single), MaxRecent-1)]...)
	return r
}

// WithMany is what is recent after a change of many customers.
func (r Recent) WithMany(change string) Recent {
	r.Many = MarkOf(change)
	return r
}

// Has says whether the change is among them.
func (r Recent) Has(change string) bool {
	mark := MarkOf(change)
	return r.Many == mark || slices.Contains(r.Single, mark)
}

// Made says whether the change is one that the customer remembers to have been made.
func (c Customer) Made(change string) bool { return c.Last.ID == change || c.Recent.Has(change) }
