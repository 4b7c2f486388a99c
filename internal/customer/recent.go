package customer

import (
	"crypto/sha256"
	"slices"
)

// MaxRecent is how many changes of this one customer its root remembers. A request that the network
// delivers twice changes nothing while its change is remembered: after up to five others. The marks
// take 70 bytes of the 1,024 that one write unit covers; an average root with every attribute in use
// leaves 154 of these free.
const MaxRecent = 6

// Mark is a short hash of a change's id.
type Mark [8]byte

// MarkOf returns the mark of the change with the given id.
func MarkOf(change string) Mark {
	sum := sha256.Sum256([]byte(change))
	return Mark(sum[:len(Mark{})])
}

// Recent holds the marks of the latest changes of a customer. By them a repeated change is recognised,
// whether a client retries it after a lost answer or the network delivers it late.
type Recent struct {
	Single []Mark // changes of this customer alone, the latest first, at most MaxRecent
	Many   Mark   // the latest change of this customer as one of many; zero: none
}

// With returns r after one more change of this customer alone.
func (r Recent) With(change string) Recent {
	r.Single = append([]Mark{MarkOf(change)}, r.Single[:min(len(r.Single), MaxRecent-1)]...)
	return r
}

// WithMany returns r after one more change of many customers.
func (r Recent) WithMany(change string) Recent {
	r.Many = MarkOf(change)
	return r
}

// Has says whether r has the change with the given id.
func (r Recent) Has(change string) bool {
	mark := MarkOf(change)
	return r.Many == mark || slices.Contains(r.Single, mark)
}

// Made says whether the customer remembers the change with the given id: it was made before.
func (c Customer) Made(change string) bool { return c.Last.ID == change || c.Recent.Has(change) }
