package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/dynamo/dynamotest"
)

// Rules are what the checker can't know from the tables.
type Rules struct {
	Grace    time.Duration // between a due time and TTL
	Personal []string      // values that neither ledger nor audit log may hold
	Midway   bool          // a purge may have its certificate, and its root still be there
}

// grace is that of the stores that dynamotest opens.
const grace = time.Hour

// Check fails the test with everything that is wrong in the tables.
func Check(t testing.TB, tables dynamotest.Tables, personal ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // that of the test has ended in its cleanup
	defer cancel()
	census, err := Read(ctx, tables.Config, tables.Name, tables.Ledger)
	if err != nil {
		t.Error(err)
		return
	}
	for _, violation := range census.Violations(Rules{Grace: grace, Personal: personal}) {
		t.Error(violation)
	}
}

// Violations lists what breaks the rules, sorted. Of a customer that is being purged it
// allows for half of the work: less than the root tells of may be left, never more.
func (c *Census) Violations(rules Rules) []string {
	f := &findings{}
	for _, key := range c.unknown {
		f.add("%s: no item has such a key", key)
	}
	for id, root := range c.roots {
		c.checkRoot(f, id, root, rules)
	}
	for id := range c.records {
		c.checkRecords(f, id)
	}
	c.checkOwners(f)
	c.checkTerms(f)
	c.checkClaims(f)
	c.checkCertificates(f)
	c.checkChains(f)
	c.checkRetained(f)
	c.checkPersonal(f, rules.Personal)
	for _, note := range c.notes {
		f.must(note.TTL > 0, "%s: the note of an idempotency key stays for ever", note.PK)
	}
	slices.Sort(f.found)
	return f.found
}

type findings struct{ found []string }

func (f *findings) add(format string, args ...any) {
	f.found = append(f.found, fmt.Sprintf(format, args...))
}

func (f *findings) must(ok bool, format string, args ...any) {
	if !ok {
		f.add(format, args...)
	}
}

const (
	active  = "active"
	deleted = "deleted"
	purging = "purging"
)

func (c *Census) checkRoot(f *findings, id string, r row, rules Rules) {
	f.must(r.Version > 0, "C#%s: version %d", id, r.Version)
	f.must(strings.HasSuffix(r.Created, "#"+id), "C#%s: created %q is no place among the living", id, r.Created)
	switch r.State {
	case active:
		f.must(r.Deletion == nil, "C#%s: active with a deletion", id)
		f.must(r.TTL == 0, "C#%s: active with a ttl", id)
	case deleted, purging:
		f.must(r.Deletion != nil, "C#%s: %s without a deletion", id, r.State)
		f.must(r.State == deleted || len(r.Holds) == 0, "C#%s: purging under legal hold", id)
	default:
		f.add("C#%s: state %q", id, r.State)
		return
	}
	if r.State == active || r.Deletion != nil {
		checkPlace(f, id, r, rules.Grace)
	}
	c.checkCounts(f, id, r)
	for _, cert := range c.certs[id] {
		if rules.Midway && r.State == purging && r.Deletion != nil && r.Deletion.ID == cert.SK {
			continue
		}
		f.add("C#%s: is there, %s, though the ledger says that generation %s was purged", id, r.State, cert.SK)
	}
}

// checkPlace compares a root's place in the lists, and its ttl, with its state.
func checkPlace(f *findings, id string, r row, grace time.Duration) {
	list, shard, _ := strings.Cut(r.List, "#")
	n, err := strconv.Atoi(shard)
	f.must(err == nil && n >= 0, "C#%s: no shard in list %q", id, r.List)
	sortedBy, owner, _ := strings.Cut(r.Sort, "#")
	f.must(owner == id, "C#%s: sorted as %q, which is not its own", id, r.Sort)
	if r.State == active {
		f.must(list == "live" && r.Sort == r.Created, "C#%s: active in list %s at %s, not live at %s", id, r.List, r.Sort, r.Created)
		return
	}
	f.must(list == "trash", "C#%s: %s in list %s", id, r.State, r.List)
	due := r.Deletion.PurgeTime
	switch {
	case r.State == deleted && len(r.Holds) > 0:
		f.must(sortedBy == "held" && r.TTL == 0, "C#%s: held, but at %s with ttl %d", id, r.Sort, r.TTL)
		return
	case r.State == deleted && due == "":
		f.must(sortedBy == "9999-12-31T23:59:59.000Z" && r.TTL == 0, "C#%s: never due, but at %s with ttl %d", id, r.Sort, r.TTL)
		return
	case r.State == deleted:
		f.must(sortedBy == due, "C#%s: due %s, but at %s", id, due, r.Sort)
	}
	look, err := time.Parse(time.RFC3339, sortedBy)
	f.must(err == nil && r.TTL == look.Add(grace).Unix(), "C#%s: at %s with ttl %d", id, r.Sort, r.TTL)
}

// checkCounts compares the root's counts with the records there are.
func (c *Census) checkCounts(f *findings, id string, r row) {
	found := map[string]int64{}
	for _, record := range c.records[id] {
		found[record.Kind]++
	}
	kinds := slices.Collect(maps.Keys(found))
	for kind := range r.Counts {
		if found[kind] == 0 {
			kinds = append(kinds, kind)
		}
	}
	for _, kind := range kinds {
		counted, there := r.Counts[kind], found[kind]
		ok := counted == there || r.State == purging && counted > there
		f.must(ok, "C#%s: counts %d of kind %s, has %d", id, counted, kind, there)
	}
}

// checkRecords looks at each record's parent, and at what it counts as its children.
func (c *Census) checkRecords(f *findings, id string) {
	records := c.records[id]
	children := map[string]int64{}
	whole := c.roots[id].State != purging
	for sk, r := range records {
		parts := strings.Split(sk, "#")
		f.must(len(parts)%2 == 1 && r.Kind == parts[len(parts)-2], "C#%s %s: kind %q is not that of its key", id, sk, r.Kind)
		f.must(r.TTL == 0, "C#%s %s: a record with a ttl", id, sk)
		if len(parts) <= 3 {
			continue
		}
		parent := strings.Join(parts[:len(parts)-2], "#")
		children[parent]++
		_, there := records[parent]
		f.must(there || !whole, "C#%s %s: its parent is gone", id, sk)
	}
	for sk, r := range records {
		ok := r.Children == children[sk] || !whole && r.Children > children[sk]
		f.must(ok, "C#%s %s: counts %d children, has %d", id, sk, r.Children, children[sk])
	}
}

// checkOwners finds what hangs on customers that are gone.
func (c *Census) checkOwners(f *findings) {
	for id, records := range c.records {
		_, there := c.roots[id]
		f.must(there, "C#%s: %d records without their root", id, len(records))
	}
	for id, tokens := range c.tokens {
		_, there := c.roots[id]
		f.must(there, "C#%s: %d access tokens without their root", id, len(tokens))
	}
}

// checkTerms compares search terms with the lists of them on the roots.
func (c *Census) checkTerms(f *findings) {
	for id, terms := range c.terms {
		root := c.roots[id]
		for _, r := range terms {
			term, _, _ := strings.Cut(r.SK, "#")
			letters := []rune(term)
			f.must(r.PK == "S#"+string(letters[:min(2, len(letters))]), "%s %s: a search term in the wrong place", r.PK, r.SK)
			f.must(slices.Contains(root.Terms, term), "%s %s: a search term that its root doesn't list", r.PK, r.SK)
		}
	}
	for id, root := range c.roots {
		for _, term := range root.Terms {
			there := slices.ContainsFunc(c.terms[id], func(r row) bool { return r.SK == term+"#"+id })
			f.must(there || root.State == purging, "C#%s: its search term %q is gone", id, term)
		}
	}
}

// checkClaims compares e-mail claims with the addresses on the roots.
func (c *Census) checkClaims(f *findings) {
	for email, claim := range c.claims {
		root, there := c.roots[claim.Customer]
		f.must(there && root.Profile.Email == email, "E#%s: claimed for %s, which doesn't have it", email, claim.Customer)
	}
	for id, root := range c.roots {
		if root.Profile.Email == "" || root.State == purging {
			continue
		}
		f.must(c.claims[root.Profile.Email].Customer == id, "C#%s: its e-mail address is not claimed for it", id)
	}
}

func (c *Census) checkCertificates(f *findings) {
	for id, certs := range c.certs {
		for _, cert := range certs {
			f.must(strings.HasPrefix(cert.PK, "C#") && cert.Customer == id && cert.SK != "", "ledger %s %s: names customer %q", cert.PK, cert.SK, cert.Customer)
			f.must(cert.Residue != nil && *cert.Residue == 0, "ledger %s %s: certifies a residue", cert.PK, cert.SK)
			f.must(cert.PurgedBy != "" && cert.DeletedAt != "" && cert.DeletedAt <= cert.PurgedAt, "ledger %s %s: purged %q by %q, deleted %q", cert.PK, cert.SK, cert.PurgedAt, cert.PurgedBy, cert.DeletedAt)
		}
		c.checkKept(f, id, certs)
	}
}

// checkKept compares what certificates say to be retained with what is. There are several
// of a customer that a restored backup brought back, when more or less hung on it.
func (c *Census) checkKept(f *findings, id string, certs []certificate) {
	kept, certified := map[string]int64{}, map[string]int64{}
	for _, r := range c.retained[id] {
		kept[r.Kind]++
	}
	for _, cert := range certs {
		for kind, n := range cert.Retained {
			certified[kind] = max(certified[kind], n)
		}
	}
	for kind, n := range kept {
		f.must(n <= certified[kind], "X#%s: %d of kind %s are retained, %d are certified", id, n, kind, certified[kind])
	}
	for kind, n := range certified {
		f.must(kept[kind] == n || len(certs) > 1 || c.kinds[kind].For != "never", "X#%s: %d of kind %s are retained, %d are certified", id, kept[kind], kind, n)
	}
}

// checkRetained finds what should have been stripped, cut loose, or not kept at all.
func (c *Census) checkRetained(f *findings) {
	for id, records := range c.retained {
		root, there := c.roots[id]
		f.must(!there || root.State == purging, "X#%s: retained records of a customer that is %s", id, root.State)
		_, purged := c.certs[id]
		f.must(there || purged, "X#%s: retained records without a certificate", id)
		for _, r := range records {
			checkStripped(f, r, c.kinds[r.Kind])
		}
	}
}

func checkStripped(f *findings, r row, k kind) {
	f.must(r.By == "", "%s %s: a retained record tells who made it", r.PK, r.SK)
	f.must(r.TTL > 0 || k.For == "never", "%s %s: a retained record that stays for ever", r.PK, r.SK)
	data := map[string]json.RawMessage{}
	if r.Data != "" && json.Unmarshal([]byte(r.Data), &data) != nil {
		f.add("%s %s: a retained record that can't be read", r.PK, r.SK)
	}
	for field := range data {
		f.must(slices.Contains(k.Keep, field), "%s %s: a retained record with field %q, which its kind doesn't keep", r.PK, r.SK, field)
	}
}

// checkPersonal looks for personal values in what is never erased.
func (c *Census) checkPersonal(f *findings, personal []string) {
	for _, value := range c.spoken {
		for text := range texts(value) {
			for _, p := range personal {
				f.must(!strings.Contains(strings.ToLower(text), strings.ToLower(p)), "ledger or audit log: %q holds the personal value %q", text, p)
			}
		}
	}
}

// texts goes through all names and texts of a value.
func texts(value types.AttributeValue) func(yield func(string) bool) {
	return func(yield func(string) bool) { walk(value, yield) }
}

func walk(value types.AttributeValue, yield func(string) bool) bool {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return yield(v.Value)
	case *types.AttributeValueMemberSS:
		return !slices.ContainsFunc(v.Value, func(s string) bool { return !yield(s) })
	case *types.AttributeValueMemberL:
		return !slices.ContainsFunc(v.Value, func(e types.AttributeValue) bool { return !walk(e, yield) })
	case *types.AttributeValueMemberM:
		for name, e := range v.Value {
			if !yield(name) || !walk(e, yield) {
				return false
			}
		}
	}
	return true
}
