package ledger

import (
	"encoding/json"
	"fmt"
)

// Verifier checks a history of certificates while it is read: those of each chain in
// order; chains may follow each other or alternate. It remembers the end of each chain
// only, so that a long history needs no more memory than a short one.
type Verifier struct {
	chains [Chains]chain
	count  int64
}

type chain struct {
	end   Head
	posts []post
}

// post is a place that a chain must lead through.
type post struct {
	Head

	of string // which checkpoint
}

// NewVerifier is one for a history from its beginning.
func NewVerifier() *Verifier {
	v := &Verifier{}
	for i := range v.chains {
		v.chains[i].end = Head{Chain: i, Hash: Origin}
	}
	return v
}

// Resume makes the history of a chain begin after a certificate to which it has been
// verified before.
func (v *Verifier) Resume(head Head) { v.chains[head.Chain].end = head }

// Expect makes the history lead through a checkpoint. The name tells people which: "the
// saved checkpoint". It must be called before the first Add.
func (v *Verifier) Expect(name string, c Checkpoint) error {
	for _, head := range c.Heads {
		if head.Chain < 0 || head.Chain >= Chains {
			return fmt.Errorf("ledger: %s has a chain %d", name, head.Chain)
		}
		if head.Seq > 0 {
			posts := &v.chains[head.Chain].posts
			*posts = append(*posts, post{head, name})
		}
	}
	return nil
}

// Problem names what is wrong at a broken place.
type Problem string

// The problems.
const (
	Unreadable Problem = "unreadable"   // not a certificate
	Altered    Problem = "altered"      // its hash is not the hash of its content
	Missing    Problem = "missing"      // one or several are not there
	Unlinked   Problem = "out of chain" // it doesn't follow the one before it, or is in the chain of others
	Forked     Problem = "forked"       // another certificate has its place
	Repeated   Problem = "repeated"     // it is there again
	Reordered  Problem = "reordered"    // later ones came before it
	Rewritten  Problem = "rewritten"    // a checkpoint knew another certificate in its place
	RolledBack Problem = "rolled back"  // the chain ends before a checkpoint
)

// Finding is one broken place.
type Finding struct {
	Problem  Problem `json:"problem"`
	Chain    int     `json:"chain"`
	Seq      int64   `json:"seq"`
	Customer string  `json:"customer,omitempty"` // where there is a certificate to name it
	Detail   string  `json:"detail"`
}

func (f Finding) String() string {
	if f.Problem == Unreadable {
		return "unreadable: " + f.Detail
	}
	place := fmt.Sprintf("chain %d, seq %d", f.Chain, f.Seq)
	if f.Customer != "" {
		place += ", customer " + f.Customer
	}
	return fmt.Sprintf("%s: %s: %s", place, f.Problem, f.Detail)
}

// link is what places a certificate.
type link struct {
	Chain    *int   `json:"chain"`
	Seq      int64  `json:"seq"`
	Previous string `json:"previous"`
	Customer string `json:"customer"`
	Hash     string `json:"hash"`
}

func (l link) finding(p Problem, format string, args ...any) Finding {
	return Finding{Problem: p, Chain: *l.Chain, Seq: l.Seq, Customer: l.Customer, Detail: fmt.Sprintf(format, args...)}
}

// Add takes the JSON document of the next certificate, and says what is wrong with it.
func (v *Verifier) Add(document []byte) []Finding {
	v.count++
	var l link
	sum, err := Sum(document)
	if err == nil {
		err = json.Unmarshal(document, &l)
	}
	if err != nil || l.Chain == nil || *l.Chain < 0 || *l.Chain >= Chains || l.Seq < 1 || l.Customer == "" {
		return []Finding{{Problem: Unreadable, Chain: -1, Detail: fmt.Sprintf("certificate %d of the history can't be read, or lacks a chain, a number or a customer", v.count)}}
	}
	var found []Finding
	if sum != l.Hash {
		found = append(found, l.finding(Altered, "its hash is not the hash of its content"))
	}
	if ChainOf(l.Customer) != *l.Chain {
		found = append(found, l.finding(Unlinked, "certificates of this customer belong in chain %d", ChainOf(l.Customer)))
	}
	return append(found, v.chains[*l.Chain].follow(l)...)
}

// follow moves the chain's end to a certificate. What comes after a broken place is held
// against what is there, so that one broken place is one finding or two.
func (c *chain) follow(l link) (found []Finding) {
	switch end := c.end; {
	case l.Seq == end.Seq && l.Hash == end.Hash:
		return []Finding{l.finding(Repeated, "it is there twice")}
	case l.Seq == end.Seq:
		return []Finding{l.finding(Forked, "another certificate has this place in the chain")}
	case l.Seq < end.Seq:
		return []Finding{l.finding(Reordered, "it comes after number %d", end.Seq)}
	case l.Seq > end.Seq+1:
		found = append(found, Finding{
			Problem: Missing, Chain: end.Chain, Seq: end.Seq + 1,
			Detail: fmt.Sprintf("%d certificates are not there, up to number %d", l.Seq-end.Seq-1, l.Seq-1),
		})
	case l.Previous != end.Hash:
		found = append(found, l.finding(Unlinked, "it does not follow the certificate before it: one of the two was replaced"))
	}
	c.end.Seq, c.end.Hash = l.Seq, l.Hash
	for _, p := range c.posts {
		if p.Seq == l.Seq && p.Hash != l.Hash {
			found = append(found, l.finding(Rewritten, "%s knew another certificate in this place", p.of))
		}
	}
	return found
}

// End says what is wrong with the history's end.
func (v *Verifier) End() (found []Finding) {
	for _, c := range v.chains {
		for _, p := range c.posts {
			if c.end.Seq < p.Seq {
				found = append(found, Finding{
					Problem: RolledBack, Chain: p.Chain, Seq: c.end.Seq + 1,
					Detail: fmt.Sprintf("the chain ends with number %d; %s knew it up to number %d", c.end.Seq, p.of, p.Seq),
				})
			}
		}
	}
	return found
}

// Count is how many certificates were added.
func (v *Verifier) Count() int64 { return v.count }

// Heads are the ends of the chains, of the empty ones too.
func (v *Verifier) Heads() []Head {
	heads := make([]Head, Chains)
	for i, c := range v.chains {
		heads[i] = c.end
	}
	return heads
}
