package fsck

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
)

const pageItems = 1000 // items in a page

// segment is one parallel segment of a table, scanned from a mark on. If items of a partition are
// not adjacent, it treats them as several partitions, and makes the customer a suspect.
type segment struct {
	check *check

	mark       *mark
	number, of int
	table      string
	ledger     bool

	at      partition
	pk      string
	last    key      // last key visited
	safe    key      // last key without personal data at the end of a partition
	lookups []lookup // of items that the scanned items point to
}

// partition collects the items with one partition key.
type partition interface {
	add(r row)
	// end is called after the last item, and adds suspects.
	end(ctx context.Context, s *segment) error
}

func (s *segment) scan(ctx context.Context) error {
	s.safe = key{s.mark.PK, s.mark.SK}
	after := s.safe
	for restarts := 0; !s.mark.Done; {
		items, next, err := s.check.client.scan(ctx, s.table, s.number, s.of, after)
		if err != nil {
			return err
		}
		if cut, err := s.page(ctx, items); cut || err != nil {
			return err
		}
		lost := false
		if len(items) == 0 && next == (key{}) && restarts < maxRestarts {
			if lost, err = s.check.client.lost(ctx, s.table, after); err != nil {
				return err
			}
		}
		if after = next; lost {
			s.restart()
			restarts++
			continue
		}
		s.mark.Done = next == (key{})
	}
	if err := s.finish(ctx); err != nil {
		return err
	}
	return s.runLookups(ctx)
}

const maxRestarts = 3

// restart begins the scan again.
func (s *segment) restart() {
	s.pk, s.at, s.last, s.safe, s.mark.Roots = "", nil, key{}, key{}, tally{}
}

// page visits the items of a page. When the part should end, it stops the scan after a partition. The last
// key of that partition is stored, so it must hold no personal data.
func (s *segment) page(ctx context.Context, items []item) (cut bool, err error) {
	defer s.check.countItems(len(items))
	for _, it := range items {
		k := keyOf(it)
		if k.PK != s.pk {
			if err := s.finish(ctx); err != nil {
				return false, err
			}
			if s.safe == s.last && s.check.late() && s.last != (key{}) {
				s.mark.PK, s.mark.SK = s.safe.PK, s.safe.SK
				return true, s.runLookups(ctx)
			}
			s.pk = k.PK
		}
		s.last = k
		if err := s.visit(ctx, it); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (s *segment) finish(ctx context.Context) error {
	if s.pk != "" && s.last.isShownWhole() {
		s.safe = s.last
	}
	s.pk = ""
	if s.at == nil {
		return nil
	}
	at := s.at
	s.at = nil
	return at.end(ctx, s)
}

// where returns the place of the present item in the scan, without personal data.
func (s *segment) where() string {
	return fmt.Sprintf("%d/%d %s %s", s.number, s.of, s.safe.PK, s.safe.SK)
}

func (s *segment) visit(ctx context.Context, it item) error {
	if s.ledger {
		return s.visitLedger(ctx, it)
	}
	r, err := decode(it)
	if err != nil {
		s.check.addUnknown(keyOf(it), "it can't be read: "+withoutValue(err))
		return nil
	}
	space, id, _ := strings.Cut(r.PK, "#")
	switch {
	case space == "C" && r.key().ofCustomer():
		s.visitCustomer(id, r)
	case space == "X" && strings.HasPrefix(r.SK, recordPrefix):
		s.visitRetained(id, r)
	case space == "O":
		s.visitOperation(id, r)
	case space == "S":
		return s.visitTerm(ctx, r)
	case space == "E" && r.SK == rootSK:
		return s.visitClaim(ctx, r)
	case space == "A":
		s.check.checkPersonal(r.key().shown(), it)
		s.check.checkEntry(r)
	case space == "L":
		s.check.checkPersonal(r.key().shown(), it)
		s.check.checkSiteEntry(r)
	case space == "I" && r.SK == rootSK:
		s.check.checkPersonal(r.key().shown(), it)
		return s.check.checkNote(ctx, r)
	case strings.HasPrefix(r.PK, totalsPrefix):
		return s.check.checkTotals(ctx, r)
	case r.key().ofSystem():
	default:
		s.check.addUnknown(r.key(), "no item has such a key")
	}
	return nil
}

// visitCustomer visits an item of a customer's partition.
func (s *segment) visitCustomer(id string, r row) {
	if s.at == nil {
		s.at = s.check.newExamination(suspect{customer: id})
	}
	if r.SK == rootSK {
		s.mark.Roots = s.mark.Roots.with(r)
	} else {
		r.raw = nil // not needed in a scan
	}
	s.at.add(r)
}

func (s *segment) visitRetained(id string, r row) {
	if s.at == nil {
		s.at = &retainedPartition{id: id, counts: map[string]int64{}}
	}
	s.at.add(r)
	s.check.checkRetained(r, func(Rule, key, string, fix) { s.at.(*retainedPartition).suspicious = true })
}

func (s *segment) visitOperation(id string, r row) {
	if s.at == nil {
		s.at = newParts(id)
	}
	s.at.add(r)
	if r.SK != selectionSK { // planning removes it
		s.check.checkPersonal(r.key().shown(), r.raw)
	}
}

// withoutValue returns the text of an error without the value that caused it.
func withoutValue(err error) string {
	text, _, _ := strings.Cut(err.Error(), ",")
	return text
}

// addUnknown adds a finding about an item that should not exist.
func (c *check) addUnknown(k key, problem string) {
	f := Finding{Rule: UnknownItem, Key: k.shown(), Problem: problem}
	if space, id, _ := strings.Cut(k.PK, "#"); space == "C" || space == "A" || space == "X" {
		f.Customer = id
	}
	c.addFinding(f)
}

// lookup reads another item.
type lookup struct {
	of   key
	then func(ctx context.Context, r row, exists bool) error
}

// addLookups adds lookups, and runs all that wait when they fill a request.
func (s *segment) addLookups(ctx context.Context, questions ...lookup) error {
	s.lookups = append(s.lookups, questions...)
	if len(s.lookups) < maxBatchGet {
		return nil
	}
	return s.runLookups(ctx)
}

func (s *segment) runLookups(ctx context.Context) error {
	lookups := s.lookups
	s.lookups = nil
	var keys []key
	asked := map[key]bool{}
	for _, l := range lookups {
		if !asked[l.of] {
			asked[l.of] = true
			keys = append(keys, l.of)
		}
	}
	found, err := s.check.client.batchGet(ctx, s.check.Table, keys, false)
	if err != nil {
		return err
	}
	for _, l := range lookups {
		r, there := found[l.of]
		if err := l.then(ctx, r, there); err != nil {
			return err
		}
	}
	return nil
}

func (s *segment) visitLedger(ctx context.Context, it item) error {
	k := keyOf(it)
	if strings.HasPrefix(k.PK, chainPrefix) {
		return nil // see checkChains
	}
	s.check.filed.Add(1)
	var cert certificate
	if err := attributevalue.UnmarshalMap(it, &cert); err != nil {
		s.check.addFinding(Finding{Rule: CertificateBroken, Key: "ledger " + k.PK + " " + k.SK, Problem: "it can't be read: " + withoutValue(err)})
		return nil
	}
	s.check.checkCertificate(cert)
	s.check.checkPersonal("ledger "+k.PK+" "+k.SK, it)
	return s.visitCertificate(ctx, cert)
}
