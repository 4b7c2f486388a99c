package fsck

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"lethe/internal/clock"
	"lethe/internal/repair"
)

const (
	attempts    = 5    // to read a customer that does not change during the read
	maxProblems = 1000 // of one customer that are kept in memory
)

// examination checks one customer: in a scan with the items of one partition, or after it with
// consistent reads of all items.
type examination struct {
	check *check
	suspect

	root     *row // nil: gone
	tree     tree
	tokens   int
	fields   bool // there are further fields of the profile
	certs    []certificate
	retained map[string]int64 // by kind
	problems []problem
	more     int  // problems that were not kept
	unread   bool // the root can't be read; the scan reports that
}

func (c *check) newExamination(s suspect) *examination {
	e := &examination{check: c, suspect: s, retained: map[string]int64{}}
	e.tree = tree{counts: map[string]int64{}, problem: e.recordProblem}
	return e
}

// add adds an item of the customer's partition.
func (e *examination) add(r row) {
	switch {
	case r.SK == rootSK:
		e.root = &r
		e.tree.lenient = r.State == purging
	case strings.HasPrefix(r.SK, recordPrefix):
		e.tree.add(r)
	case r.SK == fieldsSK:
		e.fields = true
	default:
		e.tokens++
	}
}

func (e *examination) problem(rule Rule, k key, text string, f fix) {
	if len(e.problems) == e.check.room {
		e.more++
		return
	}
	e.problems = append(e.problems, problem{Finding{Rule: rule, Customer: e.customer, Key: k.shown(), Problem: text, Repairable: f != nil}, f})
}

// rootProblem adds a problem of the root.
func (e *examination) rootProblem(rule Rule, f fix, format string, args ...any) {
	e.problem(rule, rootKey(e.customer), fmt.Sprintf(format, args...), f)
}

// end makes the customer a suspect if the scanned items have problems.
func (e *examination) end(ctx context.Context, s *segment) error {
	e.tree.end()
	if e.root == nil {
		e.problems = nil
		e.checkOrphans(nil)
	} else {
		e.checkRoot()
		e.checkCounts()
	}
	if len(e.problems) > 0 {
		return s.check.suspect(ctx, suspect{customer: e.customer, about: partitions})
	}
	if e.root == nil || e.root.State == purging {
		return nil
	}
	return s.addLookups(ctx, e.nameLookups(s)...)
}

// nameLookups returns the lookups of the root's terms and claim.
func (e *examination) nameLookups(s *segment) []lookup {
	var questions []lookup
	suspicion := suspect{customer: e.customer, about: partitions}
	for _, term := range e.root.Terms {
		questions = append(questions, lookup{termKey(term, e.customer), func(ctx context.Context, _ row, there bool) error {
			if there {
				return nil
			}
			return s.check.suspect(ctx, suspicion)
		}})
	}
	if identity := e.root.claimed(); identity != "" {
		questions = append(questions, lookup{claimKey(identity), func(ctx context.Context, claim row, there bool) error {
			if there && claim.Customer == suspicion.customer {
				return nil
			}
			return s.check.suspect(ctx, suspicion)
		}})
	}
	return questions
}

// examineCustomer reads all items of a customer, until its root doesn't change during the read.
func (c *check) examineCustomer(ctx context.Context, s suspect) (found []problem, settled bool, err error) {
	for attempt := range attempts {
		if err := clock.Sleep(ctx, betweenAttempts.Limit(attempt)); err != nil {
			return nil, false, err
		}
		e := c.newExamination(s)
		if err := e.read(ctx); err != nil {
			return nil, false, err
		}
		if e.unread {
			return nil, true, nil
		}
		now, err := c.client.get(ctx, c.Table, rootKey(s.customer))
		if err != nil {
			return nil, false, err
		}
		if e.unchanged(now) {
			return e.found(), true, nil
		}
	}
	return nil, false, nil
}

// found returns the problems in the aspects that are suspected.
func (e *examination) found() []problem {
	found := slices.DeleteFunc(e.problems, func(p problem) bool { return p.aspect()&e.about == 0 })
	slices.SortStableFunc(found, e.rootFirst)
	if n := len(found); n > 0 && e.more > 0 {
		found[n-1].Problem += fmt.Sprintf("; about %d more of this customer are not listed", e.more)
	}
	return found
}

// rootFirst sorts problems of the root first: other repairs depend on the root.
func (e *examination) rootFirst(a, b problem) int {
	root := rootKey(e.customer).shown()
	switch {
	case (a.Key == root) == (b.Key == root):
		return 0
	case a.Key == root:
		return -1
	}
	return 1
}

// unchanged reports whether the root is the same as in the first read.
func (e *examination) unchanged(now item) bool {
	if e.root == nil || now == nil {
		return e.root == nil && now == nil
	}
	return reflect.DeepEqual(e.root.raw, now)
}

func (e *examination) read(ctx context.Context) error {
	it, err := e.check.client.get(ctx, e.check.Table, rootKey(e.customer))
	if err != nil {
		return err
	}
	if it != nil {
		root, ok := readable(it)
		if e.unread = !ok; e.unread {
			return nil
		}
		e.add(root)
	}
	if err := errors.Join(e.readRecords(ctx), e.readCertificates(ctx)); err != nil {
		return err
	}
	if e.root == nil {
		e.problems, e.more = nil, 0 // problems within records don't matter: the purge erases them
		return e.readLeftovers(ctx)
	}
	e.checkRoot()
	e.checkCounts()
	e.checkResurrection()
	return errors.Join(e.readRetained(ctx), e.readNames(ctx), e.readStrays(ctx))
}

// readRecords reads the records, access tokens and further fields.
func (e *examination) readRecords(ctx context.Context) error {
	for it, err := range e.check.client.query(ctx, e.check.Table, customerPK(e.customer), false, "pk", "sk", "kind", "children", "ttl") {
		if err != nil {
			return err
		}
		if r, ok := readable(it); ok && r.SK != rootSK && r.key().ofCustomer() {
			e.add(r)
		}
	}
	e.tree.end()
	return nil
}

func (e *examination) readCertificates(ctx context.Context) error {
	for it, err := range e.check.client.query(ctx, e.check.Ledger, customerPK(e.customer), false) {
		if err != nil {
			return err
		}
		var cert certificate
		if attributevalue.UnmarshalMap(it, &cert) == nil && len(e.certs) < maxProblems {
			e.certs = append(e.certs, cert)
		}
	}
	return nil
}

// checkOrphans finds records, further fields and access tokens of a customer who is gone.
func (e *examination) checkOrphans(f fix) {
	if n := e.tree.sum(); n > 0 {
		e.rootProblem(OrphanRecord, f, "%d records without the root of their customer", n)
	}
	if e.fields {
		e.rootProblem(OrphanRecord, f, "further fields of a profile without the root of their customer")
	}
	if e.tokens > 0 {
		e.rootProblem(OrphanToken, f, "%d access tokens without the root of their customer", e.tokens)
	}
}

// checkCounts compares the root's counts with the number of records.
func (e *examination) checkCounts() {
	counted := e.root.Counts
	recount := together(func(ctx context.Context) error { return e.repairRoot(ctx, repair.Recount{Counts: e.recounted()}) })
	kinds := slices.Collect(maps.Keys(e.tree.counts))
	for k := range counted {
		if e.tree.counts[k] == 0 {
			kinds = append(kinds, k)
		}
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		there := e.tree.counts[k]
		if counted[k] != there && (e.root.State != purging || counted[k] < there) {
			e.problem(CountMismatch, rootKey(e.customer), fmt.Sprintf("counts %d records of kind %s, but there are %d", counted[k], k, there), recount)
		}
	}
}

// recounted returns the correct counts. During a purge they may stay higher: the purge has erased
// some of the records.
func (e *examination) recounted() map[string]int64 {
	counts := maps.Clone(e.tree.counts)
	for kind, n := range e.root.Counts {
		if e.root.State != purging {
			n = 0
		}
		counts[kind] = max(n, counts[kind])
	}
	return counts
}

func (e *examination) now() time.Time { return e.check.Now() }
