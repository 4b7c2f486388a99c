package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSum compares hashes with those of the Python code in the package's documentation.
func TestSum(t *testing.T) {
	for _, tt := range []struct{ name, document, want string }{
		{"empty", `{}`, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
		{"its own hash is left out", `{"hash":"x"}`, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
		{"sorted, without white space", ` { "b" : [ 1, true, null ] , "a" : { "d" : -2, "c" : "x" } } `, "3200a0f5de07aa45cfe5c790aef84e32db7a1cae0caeaab3cb01db520a2ab5e9"},
		{"strings", `{"a":"\u00e9\u2028<&>\/\"\\\b\f\n\r\t\u0001\u007f\ud83d\ude00"}`, "701262ee3a84b180ac250da0deae2245f7c74fc74d7c52008f6d4a80a1527ae8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Sum([]byte(tt.document))
			if err != nil || got != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
	for _, document := range []string{"", "null", "[]", `"x"`, "{", `{"a":1.5}`, `{"a":1e3}`, "{} {}"} {
		if sum, err := Sum([]byte(document)); err == nil {
			t.Errorf("%q has the hash %s", document, sum)
		}
	}
}

// history returns a correct history of two chains.
func history(t *testing.T) []Certificate {
	t.Helper()
	var all []Certificate
	last := map[int]Certificate{}
	for i := 0; len(all) < 12; i++ {
		id := fmt.Sprintf("c%d", i)
		chain := ChainOf(id)
		if chain != 3 && chain != 1 {
			continue
		}
		c := Certificate{
			Format: Format, Chain: chain, Seq: last[chain].Seq + 1, Previous: Origin, Customer: id, DeletionID: "g",
			DeletedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), PurgedAt: time.Date(2026, 1, 3, 3, 4, 5, 120_000_000, time.UTC),
			DeletedBy: "ann", DeletionApprovedBy: "bob", PurgedBy: "cas", ApprovedBy: "dan", Policies: map[string]string{}, Erased: map[string]int64{}, Retained: map[string]int64{},
		}
		if before, ok := last[chain]; ok {
			c.Previous = before.Hash
		}
		seal(t, &c)
		last[chain] = c
		all = append(all, c)
	}
	return all
}

func seal(t *testing.T, c *Certificate) {
	t.Helper()
	var err error
	if c.Hash, err = c.Sum(); err != nil {
		t.Fatal(err)
	}
}

// verify returns the findings, each as "problem chain/seq customer".
func verify(t *testing.T, v *Verifier, history []Certificate) []string {
	t.Helper()
	var found []Finding
	for _, c := range history {
		document, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, v.Add(document)...)
	}
	var places []string
	for _, f := range append(found, v.End()...) {
		places = append(places, strings.TrimSpace(fmt.Sprintf("%s %d/%d %s", f.Problem, f.Chain, f.Seq, f.Customer)))
		if f.String() == "" || f.Detail == "" {
			t.Errorf("%+v has no text", f)
		}
	}
	return places
}

// TestVerifierSees makes all changes to a history that are possible with access to the table.
func TestVerifierSees(t *testing.T) {
	honest := history(t)
	of := func(chain int) (at []int) { // indices of the chain's certificates
		for i, c := range honest {
			if c.Chain == chain {
				at = append(at, i)
			}
		}
		return at
	}
	three := of(3)
	second, last := honest[three[1]], honest[three[len(three)-1]]
	name := func(c Certificate) string { return fmt.Sprintf("%d/%d %s", c.Chain, c.Seq, c.Customer) }
	third := honest[three[2]]
	head := NewVerifier()
	verify(t, head, honest)
	checkpoint := Checkpoint{Heads: head.Heads()}

	for _, tt := range []struct {
		name string
		do   func(all []Certificate) []Certificate
		want []string
	}{
		{"nothing", func(all []Certificate) []Certificate { return all }, nil},
		{"one is removed", func(all []Certificate) []Certificate { return slices.Delete(all, three[1], three[1]+1) }, []string{"missing 3/2"}},
		{"one is altered", func(all []Certificate) []Certificate { all[three[1]].PurgedBy = "nobody"; return all }, []string{"altered " + name(second)}},
		{"the one who approved it is altered", func(all []Certificate) []Certificate { all[three[1]].ApprovedBy = "eve"; return all }, []string{"altered " + name(second)}},
		{"the one who approved its deletion is left out", func(all []Certificate) []Certificate { all[three[1]].DeletionApprovedBy = ""; return all }, []string{"altered " + name(second)}},
		{"one is altered, and its hash with it", func(all []Certificate) []Certificate {
			all[three[1]].Erased = map[string]int64{"invoice": 1}
			seal(t, &all[three[1]])
			return all
		}, []string{"out of chain " + name(third)}},
		{"the last is altered, and its hash with it", func(all []Certificate) []Certificate {
			at := three[len(three)-1]
			all[at].Erased = map[string]int64{"invoice": 1}
			seal(t, &all[at])
			return all
		}, []string{"rewritten " + name(last)}},
		{"everything is rewritten from one on", func(all []Certificate) []Certificate {
			previous := all[three[0]].Hash
			for _, at := range three[1:] {
				all[at].PurgedBy, all[at].Previous = "nobody", previous
				seal(t, &all[at])
				previous = all[at].Hash
			}
			return all
		}, []string{"rewritten " + name(last)}},
		{"the last is cut off", func(all []Certificate) []Certificate {
			return slices.Delete(all, three[len(three)-1], three[len(three)-1]+1)
		}, []string{fmt.Sprintf("rolled back 3/%d", last.Seq)}},
		{"two are exchanged", func(all []Certificate) []Certificate {
			all[three[1]], all[three[2]] = all[three[2]], all[three[1]]
			return all
		}, []string{"missing 3/2", "reordered " + name(second)}},
		{"one is there twice", func(all []Certificate) []Certificate { return slices.Insert(all, three[1], all[three[1]]) }, []string{"repeated " + name(second)}},
		{"the chain is forked", func(all []Certificate) []Certificate {
			fork := all[three[1]]
			fork.DeletionID = "another"
			seal(t, &fork)
			return slices.Insert(all, three[1]+1, fork)
		}, []string{"forked " + name(second)}},
		{"one is inserted", func(all []Certificate) []Certificate {
			more := all[three[1]]
			more.DeletionID, more.Seq, more.Previous = "another", last.Seq+1, last.Hash
			seal(t, &more)
			return slices.Insert(all, three[1]+1, more)
		}, []string{fmt.Sprintf("missing 3/%d", 3)}},
		{"one is in the chain of others", func(all []Certificate) []Certificate {
			more := all[three[1]]
			more.Chain, more.Seq, more.Previous = 2, 1, Origin
			seal(t, &more)
			return append(all, more)
		}, []string{"out of chain 2/1 " + second.Customer}},
		{"one can't be read", func(all []Certificate) []Certificate { return append(all, Certificate{Chain: 99, Seq: 1}) }, []string{"unreadable -1/0"}},
		{"all is gone", func([]Certificate) []Certificate { return nil }, []string{"rolled back 3/1", "rolled back 1/1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := NewVerifier()
			if err := v.Expect("the saved checkpoint", checkpoint); err != nil {
				t.Fatal(err)
			}
			got := verify(t, v, tt.do(slices.Clone(honest)))
			for _, want := range tt.want {
				if !slices.Contains(got, want) {
					t.Errorf("found %q, want %q", got, want)
				}
			}
			if len(tt.want) == 0 && len(got) > 0 {
				t.Errorf("found %q", got)
			}
		})
	}
}

func TestAnOlderCheckpointHolds(t *testing.T) {
	honest := history(t)
	early := NewVerifier()
	verify(t, early, honest[:5])
	v := NewVerifier()
	if err := v.Expect("the saved checkpoint", Checkpoint{Heads: early.Heads()}); err != nil {
		t.Fatal(err)
	}
	if found := verify(t, v, honest); found != nil || v.Count() != 12 {
		t.Errorf("%q in %d certificates", found, v.Count())
	}
	if err := v.Expect("a bad one", Checkpoint{Heads: []Head{{Chain: Chains, Seq: 1}}}); err == nil {
		t.Error("a checkpoint of an unknown chain was accepted")
	}
}

// FuzzVerifier gives the verifier documents that are not certificates.
func FuzzVerifier(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"chain":3,"seq":1}`, `{"chain":-1}`, `{"chain":3,"seq":9223372036854775807,"customer":"x"}`, "[[[["} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		v := NewVerifier()
		v.Add(document)
		if found := v.Add(document); len(found) == 0 && !bytes.Contains(document, []byte("{")) {
			t.Errorf("%q is a certificate", document)
		}
	})
}
