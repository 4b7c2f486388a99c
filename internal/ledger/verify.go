package ledger

import (
	"encoding/json"
	"fmt"
)

// Verifier checks a history of certificates one by one. The certificates of each chain must be in
// order; the chains may be mixed. It keeps only the end of each chain, so its memory does not grow
// with the history.
type Verifier struct {
	chains [Chains]chain
	count  int64
}

type chain struct {
	end      Head
	expected []expectation
}

// expectation is a certificate that a chain must contain, from a checkpoint.
type expectation struct {
	Head

	of string // name of the checkpoint
}

// NewVerifier returns a verifier of a history from its beginning.
func NewVerifier() *Verifier {
	v := &Verifier{}
	for i := range v.chains {
		v.chains[i].end = Head{Chain: i, Hash: Origin}
	}
	return v
}

// Resume starts a chain after a certificate up to which it was verified before.
func (v *Verifier) Resume(head Head) { v.chains[head.Chain].end = head }

// Expect requires the history to contain the heads of a checkpoint. Findings use the name, such as
// "the saved checkpoint". Expect must be called before the first Add.
func (v *Verifier) Expect(name string, c Checkpoint) error {
	for _, head := range c.Heads {
		if head.Chain < 0 || head.Chain >= Chains {
			return fmt.Errorf("ledger: %s has a chain %d; chains are 0 to %d", name, head.Chain, Chains-1)
		}
		if head.Seq > 0 {
			c := &v.chains[head.Chain]
			c.expected = append(c.expected, expectation{head, name})
		}
	}
	return nil
}

// Problem is the kind of a finding.
type Problem string

// The problems.
const (
	Unreadable Problem = "unreadable"   // not a certificate
	Altered    Problem = "altered"      // its hash is not the hash of its content
	Missing    Problem = "missing"      // one or more certificates are absent
	Unlinked   Problem = "out of chain" // its previous hash is wrong, or it is in another customer's chain
	Forked     Problem = "forked"       // another certificate has the same number
	Repeated   Problem = "repeated"     // the same certificate came before
	Reordered  Problem = "reordered"    // certificates with higher numbers came before it
	Rewritten  Problem = "rewritten"    // a checkpoint has another certificate with this number
	RolledBack Problem = "rolled back"  // the chain ends before a checkpoint
)

// Finding is one broken place.
type Finding struct {
	Problem  Problem `json:"problem"`
	Chain    int     `json:"chain"`
	Seq      int64   `json:"seq"`
	Customer string  `json:"customer,omitempty"` // empty if there is no certificate
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

// link holds the members of a certificate that give its place in a chain.
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

// Add verifies the JSON document of the next certificate and returns its problems.
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

// follow moves the end of the chain to a certificate. After a broken place it continues with the
// certificate that it read, so that one broken place makes at most two findings.
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
	for _, p := range c.expected {
		if p.Seq == l.Seq && p.Hash != l.Hash {
			found = append(found, l.finding(Rewritten, "%s knew another certificate in this place", p.of))
		}
	}
	return found
}

// End returns the problems at the end of the history.
func (v *Verifier) End() (found []Finding) {
	for _, c := range v.chains {
		for _, p := range c.expected {
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

// Count returns the number of certificates added.
func (v *Verifier) Count() int64 { return v.count }

// Heads returns the ends of all chains, including empty ones.
func (v *Verifier) Heads() []Head {
	heads := make([]Head, Chains)
	for i, c := range v.chains {
		heads[i] = c.end
	}
	return heads
}
