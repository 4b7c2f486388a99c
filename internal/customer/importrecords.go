package customer

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"slices"
)

// RecordLine is a line of a file of records.
type RecordLine struct {
	Line     int
	Customer string
	Record   Record
	Err      error // as in a CustomerLine
}

// ImportRecords adds the records of a file, parents before children, however they are
// ordered within 200 lines. Those that exist are left as they are. With dryRun it
// writes nothing; of a parent that comes more than 100,000 lines before its child it
// takes on trust that it is there.
func (s *Service) ImportRecords(ctx context.Context, lines iter.Seq[RecordLine], by string, dryRun bool) (Import, error) {
	apply := func(ctx context.Context, window []RecordLine) []error { return s.addAll(ctx, window, by) }
	if dryRun {
		known := &knownKeys{}
		apply = func(ctx context.Context, window []RecordLine) []error { return s.checkRecords(ctx, window, known) }
	}
	return importLines(ctx, lines, RecordLine.number, apply)
}

func (l RecordLine) number() int { return l.Line }

// addAll adds a window of records, some customers at a time.
func (s *Service) addAll(ctx context.Context, window []RecordLine, by string) []error {
	outcomes := make([]error, len(window))
	groups := byCustomer(window, outcomes)
	inParallel(len(groups), func(i int) { s.addTo(ctx, groups[i], window, outcomes, by) })
	return outcomes
}

// byCustomer groups the lines of a window that can be read, in their order, and
// notes the outcome of the others.
func byCustomer(window []RecordLine, outcomes []error) [][]int {
	again := repeats(window, RecordLine.number, RecordLine.name)
	group := map[string]int{}
	var groups [][]int
	for i, l := range window {
		if outcomes[i] = l.check(); outcomes[i] != nil {
			continue
		}
		if line, ok := again[i]; ok {
			outcomes[i] = sameAs("key", line)
			continue
		}
		g, ok := group[l.Customer]
		if !ok {
			g, groups = len(groups), append(groups, nil)
			group[l.Customer] = g
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

// name is what no other line may have.
func (l RecordLine) name() string {
	if l.Err != nil {
		return ""
	}
	return l.Customer + keySeparator + l.Record.Key.String()
}

func (l RecordLine) check() error {
	switch {
	case l.Err != nil:
		return l.Err
	case l.Customer == "":
		return Invalid("customer", "is missing")
	case !ValidID(l.Customer):
		return Invalid("customer", IDRule)
	}
	return l.Record.Key.Validate()
}

// addTo adds lines of one customer, parents first.
func (s *Service) addTo(ctx context.Context, lines []int, window []RecordLine, outcomes []error, by string) {
	depth := func(i int) int { return len(window[i].Record.Key) }
	slices.SortStableFunc(lines, func(a, b int) int { return depth(a) - depth(b) })
	for batch := range slices.Chunk(lines, MaxBatch) {
		s.addBatch(ctx, batch, window, outcomes, by)
	}
}

func (s *Service) addBatch(ctx context.Context, lines []int, window []RecordLine, outcomes []error, by string) {
	records := make([]Record, len(lines))
	for n, i := range lines {
		records[n] = window[i].Record
	}
	results, err := s.AddRecords(ctx, window[lines[0]].Customer, records, Change{By: by})
	for n, i := range lines {
		outcomes[i] = err
		if n < len(results) && results[n] != nil {
			outcomes[i] = results[n]
		}
	}
}

// checkRecords finds what addAll would find, without adding anything.
func (s *Service) checkRecords(ctx context.Context, window []RecordLine, known *knownKeys) []error {
	outcomes := make([]error, len(window))
	groups := byCustomer(window, outcomes)
	for _, lines := range groups {
		for _, i := range lines {
			known.add(window[i].name())
		}
	}
	settings, err := s.inForce(ctx)
	inParallel(len(groups), func(g int) {
		lines := groups[g]
		rootErr := err
		if rootErr == nil {
			rootErr = s.checkRoot(ctx, window[lines[0]].Customer)
		}
		for _, i := range lines {
			if outcomes[i] = rootErr; rootErr == nil {
				outcomes[i] = s.checkRecord(ctx, window[i], settings, known)
			}
		}
	})
	return outcomes
}

func (s *Service) checkRoot(ctx context.Context, id string) error {
	c, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	return c.CanChange()
}

func (s *Service) checkRecord(ctx context.Context, l RecordLine, settings Settings, known *knownKeys) error {
	if err := l.Record.Validate(settings); err != nil {
		return err
	}
	switch _, err := s.Record(ctx, l.Customer, l.Record.Key); {
	case err == nil:
		return ErrExists
	case !errors.Is(err, ErrNoRecord):
		return err
	}
	parent := l.Record.Key.Parent()
	if len(parent) == 0 || known.has(l.Customer+keySeparator+parent.String()) {
		return nil
	}
	_, err := s.Record(ctx, l.Customer, parent)
	if errors.Is(err, ErrNoRecord) {
		return ErrNoParent
	}
	return err
}

// knownKeys remembers the records of a file by a hash of their names. When it is full
// it takes every record for known.
type knownKeys struct {
	hashes map[[8]byte]bool
}

func (k *knownKeys) add(name string) {
	if k.hashes == nil {
		k.hashes = map[[8]byte]bool{}
	}
	if len(k.hashes) < maxKnown {
		k.hashes[shortHash(name)] = true
	}
}

func (k *knownKeys) has(name string) bool {
	return len(k.hashes) >= maxKnown || k.hashes[shortHash(name)]
}

func shortHash(name string) [8]byte {
	sum := sha256.Sum256([]byte(name))
	return [8]byte(sum[:8])
}
