package customer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
)

// CustomerLine is a line of a file of customers.
type CustomerLine struct {
	Line    int
	ID      string // empty: one is made
	Profile Profile
	Err     error // why the line could not be read; nothing else is set then
}

// RecordLine is a line of a file of records.
type RecordLine struct {
	Line     int
	Customer string
	Record   Record
	Err      error // as in a CustomerLine
}

// UnreadableError is a line that could not be read.
type UnreadableError struct {
	Problem string // never repeats what the line says
}

func (e *UnreadableError) Error() string { return e.Problem }

// Import tells what became of the lines of a file.
type Import struct {
	Lines    int // looked at
	Created  int
	Existing int // there already, and left as they are
	Failed   int
	Errors   []LineError // of the first MaxLineErrors that failed

	// ResumeFrom is the line to go on from, 0 if there is none: the import stopped
	// for lack of time, or because of the error that came with it.
	ResumeFrom int
}

// LineError is why a line failed.
type LineError struct {
	Line int
	Err  error
}

// Limits of an import.
const (
	MaxLineErrors = 200

	importWindow  = 200 // lines held at a time
	importers     = 8   // requests to the store at a time
	importReserve = 5 * time.Second
	maxKnown      = 100_000 // keys that a dry run remembers of a file
)

// ImportCustomers adds the customers of a file. Those whose id exists are left as they
// are, and a line without an id is added once a day however often it comes, so that
// an import can be repeated. It stops some seconds before the context's deadline.
// With dryRun it writes nothing, and finds what can be found without writing:
// an e-mail address that comes twice only within 200 lines.
func (s *Service) ImportCustomers(ctx context.Context, lines iter.Seq[CustomerLine], by string, dryRun bool) (Import, error) {
	apply := s.createAll
	if dryRun {
		apply = s.checkAll
	}
	return importLines(ctx, lines, CustomerLine.number, func(ctx context.Context, window []CustomerLine) []error {
		return apply(ctx, window, by)
	})
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

func (l CustomerLine) number() int { return l.Line }
func (l RecordLine) number() int   { return l.Line }

// importLines applies a file window by window. What apply returns tells of each line:
// nil, ErrExists, a refusal, or a fault, which ends the import.
func importLines[L any](ctx context.Context, lines iter.Seq[L], number func(L) int, apply func(context.Context, []L) []error) (Import, error) {
	var out Import
	window := make([]L, 0, importWindow)
	flush := func() error {
		if len(window) == 0 {
			return nil
		}
		if !timeLeft(ctx) {
			out.ResumeFrom = number(window[0])
			return nil
		}
		err := out.count(numbersOf(window, number), apply(ctx, window))
		window = window[:0]
		return err
	}
	for line := range lines {
		window = append(window, line)
		if len(window) < importWindow {
			continue
		}
		if err := flush(); err != nil || out.ResumeFrom > 0 {
			return out, err
		}
	}
	return out, flush()
}

func numbersOf[L any](window []L, number func(L) int) []int {
	numbers := make([]int, len(window))
	for i, l := range window {
		numbers[i] = number(l)
	}
	return numbers
}

func timeLeft(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(deadline) > importReserve)
}

// count adds up the outcomes of a window, and returns the first fault among them.
func (i *Import) count(numbers []int, outcomes []error) error {
	var fault error
	for n, err := range outcomes {
		switch {
		case err == nil:
			i.Created++
		case errors.Is(err, ErrExists):
			i.Existing++
		case refused(err):
			i.fail(numbers[n], err)
		default:
			if fault == nil {
				fault, i.ResumeFrom = fmt.Errorf("line %d: %w", numbers[n], err), numbers[n]
			}
			continue
		}
		i.Lines++
	}
	return fault
}

func (i *Import) fail(line int, err error) {
	i.Failed++
	if len(i.Errors) < MaxLineErrors {
		i.Errors = append(i.Errors, LineError{line, err})
	}
}

// refused says whether the fault is the line's own.
func refused(err error) bool {
	var (
		unreadable *UnreadableError
		invalid    *InvalidError
		taken      *EmailTakenError
		purged     *PurgedError
	)
	for _, refusal := range []error{ErrNotFound, ErrInTrash, ErrPurgeStarted, ErrNoParent} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return errors.As(err, &unreadable) || errors.As(err, &invalid) || errors.As(err, &taken) || errors.As(err, &purged)
}

// inParallel calls do for 0 to n-1, some at a time.
func inParallel(n int, do func(i int)) {
	slots := make(chan struct{}, importers)
	var wg sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			do(i)
			<-slots
		})
	}
	wg.Wait()
}

// repeats finds the lines of a window that say again what an earlier one says, and
// the line that does.
func repeats[L any](window []L, number func(L) int, what func(L) string) map[int]int {
	first, again := map[string]int{}, map[int]int{}
	for i, l := range window {
		said := what(l)
		if said == "" {
			continue
		}
		if line, ok := first[said]; ok {
			again[i] = line
		} else {
			first[said] = number(l)
		}
	}
	return again
}

func sameAs(field string, line int) error {
	return Invalid(field, fmt.Sprintf("line %d of the file has the same", line))
}

func (l CustomerLine) email() string { return l.Profile.Normalise().Email }

// createAll creates a window of customers, some at a time. An e-mail address that comes
// twice goes to the earlier line: the later one waits until the others are done.
func (s *Service) createAll(ctx context.Context, window []CustomerLine, by string) []error {
	outcomes := make([]error, len(window))
	sameID := repeats(window, CustomerLine.number, func(l CustomerLine) string { return l.ID })
	sameEmail := repeats(window, CustomerLine.number, CustomerLine.email)
	create := func(i int) {
		if line, ok := sameID[i]; ok && window[i].Err == nil {
			outcomes[i] = sameAs("id", line)
			return
		}
		outcomes[i] = s.importCustomer(ctx, window[i], by)
	}
	inParallel(len(window), func(i int) {
		if _, waits := sameEmail[i]; !waits {
			create(i)
		}
	})
	for i := range window {
		if _, waited := sameEmail[i]; waited {
			create(i)
		}
	}
	return outcomes
}

func (s *Service) importCustomer(ctx context.Context, l CustomerLine, by string) error {
	if l.Err != nil {
		return l.Err
	}
	ch := Change{By: by}
	if l.ID == "" {
		ch.Once = onceFor(by, l.Profile)
	}
	_, err := s.Create(ctx, l.ID, l.Profile, ch)
	var (
		replay *ReplayError
		taken  *EmailTakenError
	)
	if errors.As(err, &replay) && replay.Same || errors.As(err, &taken) && taken.Owner == l.ID {
		return ErrExists
	}
	return err
}

// onceFor lets a customer without an id be imported once, however often its line comes.
func onceFor(by string, p Profile) *Once {
	text, err := json.Marshal(p.Normalise())
	if err != nil {
		return nil // strings, booleans and a map of them can be written
	}
	sum := sha256.Sum256(append([]byte("import\x00"+by+"\x00"), text...))
	key := hex.EncodeToString(sum[:])
	return &Once{Key: key, Fingerprint: key}
}

// checkAll finds what createAll would find, without creating anything.
func (s *Service) checkAll(ctx context.Context, window []CustomerLine, _ string) []error {
	outcomes := make([]error, len(window))
	sameID := repeats(window, CustomerLine.number, func(l CustomerLine) string { return l.ID })
	sameEmail := repeats(window, CustomerLine.number, CustomerLine.email)
	inParallel(len(window), func(i int) {
		outcomes[i] = s.checkCustomer(ctx, window[i])
		if outcomes[i] != nil {
			return
		}
		if line, ok := sameID[i]; ok {
			outcomes[i] = sameAs("id", line)
		} else if line, ok := sameEmail[i]; ok {
			outcomes[i] = sameAs("email", line)
		}
	})
	return outcomes
}

func (s *Service) checkCustomer(ctx context.Context, l CustomerLine) error {
	if l.Err != nil {
		return l.Err
	}
	p := l.Profile.Normalise()
	if err := p.Validate(); err != nil {
		return err
	}
	if l.ID != "" {
		if err := s.checkID(ctx, l.ID); err != nil {
			return err
		}
	}
	return s.checkEmail(ctx, p.Email)
}

func (s *Service) checkID(ctx context.Context, id string) error {
	if !Identifier(id) {
		return Invalid("id", "must be up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first")
	}
	switch _, err := s.Get(ctx, id); {
	case err == nil:
		return ErrExists
	case errors.Is(err, ErrNotFound):
		return nil
	default:
		return err
	}
}

func (s *Service) checkEmail(ctx context.Context, email string) error {
	if email == "" {
		return nil
	}
	switch owner, err := s.EmailOwner(ctx, email); {
	case err == nil:
		return s.nameOwner(ctx, &EmailTakenError{Owner: owner})
	case errors.Is(err, ErrNotFound):
		return nil
	default:
		return err
	}
}

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
	case !Identifier(l.Customer):
		return Invalid("customer", "must be up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first")
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
