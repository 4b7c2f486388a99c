package imports

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"sync"

	"lethe/internal/customer"
	"lethe/internal/parallel"
)

// RecordLine is a line of a file of records.
type RecordLine struct {
	Line     int
	Customer string
	Record   customer.Record
	Err      error // why the line can't be read; then only Line is set

	again error // an earlier line has the same key
}

// Records adds the records of a file. It handles windows of 200 lines; within one a parent may come after its children.
// Records that exist are not changed. If two lines of a file have the same customer and key, the later one fails. The import stops before the
// context's deadline; Result.ResumeFrom says where to continue. An error is a fault of the store; the result is valid, too.
//
// A dry run reports what the run would do. If Options.From skips lines, it assumes that the records of these exist.
func Records(ctx context.Context, service RecordService, lines iter.Seq[RecordLine], opts Options) (Result, error) {
	im := &recordImport{RecordService: service, opts: opts, first: firstLines{}, known: map[[8]byte]bool{}}
	return applyAll(ctx, lines, opts, im.note, im.apply)
}

func (l RecordLine) number() int { return l.Line }

func (l RecordLine) unreadable() error { return l.Err }

// name identifies the record within the file.
func (l RecordLine) name() string { return recordName(l.Customer, l.Record.Key) }

func recordName(id string, key customer.Key) string { return id + "\x00" + key.String() }

// recordImport is one import of records.
type recordImport struct {
	RecordService

	opts  Options
	first firstLines

	mu    sync.Mutex
	known map[[8]byte]bool // in a dry run: hashes of records that the run would have added
}

// note compares a line with the earlier ones.
func (im *recordImport) note(l *RecordLine) {
	if l.Err != nil {
		return
	}
	if l.again = im.first.again("key", l.name(), l.Line); l.again == nil && l.Line < im.opts.From {
		im.learn(*l)
	}
}

func (im *recordImport) learn(l RecordLine) {
	if !im.opts.DryRun {
		return
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.known[shortHash(l.name())] = true
}

func (im *recordImport) knows(id string, key customer.Key) bool {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.known[shortHash(recordName(id, key))]
}

// apply adds the records of a window, of several customers at the same time.
func (im *recordImport) apply(ctx context.Context, pace *pace, window []RecordLine) []outcome {
	outcomes := notBegun(len(window))
	groups := byCustomer(window, outcomes)
	parallel.While(len(groups), importers, pace.begin, func(i int) { im.addTo(ctx, pace, groups[i], window, outcomes) })
	return outcomes
}

// byCustomer groups the valid lines of a window by customer, parents first, and sets the outcomes of the others.
func byCustomer(window []RecordLine, outcomes []outcome) [][]int {
	group := map[string]int{}
	var groups [][]int
	for i, l := range window {
		if err := l.check(); err != nil {
			outcomes[i].err = err
			continue
		}
		g, ok := group[l.Customer]
		if !ok {
			g, groups = len(groups), append(groups, nil)
			group[l.Customer] = g
		}
		groups[g] = append(groups[g], i)
	}
	depth := func(i int) int { return len(window[i].Record.Key) }
	for _, lines := range groups {
		slices.SortStableFunc(lines, func(a, b int) int { return depth(a) - depth(b) })
	}
	return groups
}

func (l RecordLine) check() error {
	switch {
	case l.Err != nil:
		return l.Err
	case l.again != nil:
		return l.again
	case l.Customer == "":
		return customer.Invalid("customer", "is missing; give the id of the record's customer")
	case !customer.ValidID(l.Customer):
		return customer.Invalid("customer", customer.IDRule)
	}
	return l.Record.Key.Validate()
}

// addTo adds the records of one customer.
func (im *recordImport) addTo(ctx context.Context, pace *pace, lines []int, window []RecordLine, outcomes []outcome) {
	add := im.addBatch
	if im.opts.DryRun {
		add = im.checkBatch
	}
	for batch := range slices.Chunk(lines, customer.MaxBatch) {
		records := make([]RecordLine, len(batch))
		for n, i := range batch {
			records[n] = window[i]
		}
		done := pace.step(func() {
			for n, err := range add(ctx, records) {
				outcomes[batch[n]] = im.judge(ctx, records[n], err)
			}
		})
		if !done {
			return
		}
	}
}

func (im *recordImport) addBatch(ctx context.Context, lines []RecordLine) []error {
	results, err := im.AddRecords(ctx, lines[0].Customer, recordsOf(lines), customer.Change{By: im.opts.By})
	errs := make([]error, len(lines))
	for n := range errs {
		errs[n] = err
		if n < len(results) && results[n] != nil {
			errs[n] = results[n]
		}
	}
	return errs
}

func recordsOf(lines []RecordLine) []customer.Record {
	records := make([]customer.Record, len(lines))
	for n, l := range lines {
		records[n] = l.Record
	}
	return records
}

// judge returns the outcome of a line from the error of adding its record. If the record exists, judge compares it with the
// line. If the parent does not exist, judge checks whether the customer is the reason.
func (im *recordImport) judge(ctx context.Context, l RecordLine, err error) outcome {
	switch {
	case errors.Is(err, customer.ErrNoParent):
		return outcome{err: cmp.Or(im.checkRoot(ctx, l.Customer), err)}
	case !errors.Is(err, customer.ErrExists):
		return outcome{err: err}
	}
	old, err := im.Record(ctx, l.Customer, l.Record.Key)
	if errors.Is(err, customer.ErrNoRecord) {
		err = customer.ErrBusy // the record was removed in between: another attempt may add it
	}
	if err != nil {
		return outcome{err: err}
	}
	found := Existing{Line: l.Line, Customer: l.Customer, Record: l.Record.Key, State: customer.Active}
	if !sameJSON(old.Data, l.Record.Data) {
		found.Differs = []string{"data"}
	}
	if im.opts.OnExisting == FailExisting {
		return outcome{err: &ExistingError{found}}
	}
	return outcome{found: &found}
}

// sameJSON says whether two objects are equal, apart from spaces and the order of their members.
func sameJSON(a, b json.RawMessage) bool {
	read := func(data json.RawMessage) (v any, err error) {
		if len(data) == 0 {
			data = json.RawMessage(`{}`)
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		err = decoder.Decode(&v)
		return v, err
	}
	x, errX := read(a)
	y, errY := read(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// checkBatch returns the errors that addBatch would return, and adds nothing.
func (im *recordImport) checkBatch(ctx context.Context, lines []RecordLine) []error {
	invalid, err := im.CheckRecords(ctx, recordsOf(lines))
	errs := make([]error, len(lines))
	rootErr := sync.OnceValue(func() error { return im.checkRoot(ctx, lines[0].Customer) })
	for n, l := range lines {
		switch {
		case err != nil:
			errs[n] = err
			continue
		case invalid[n] != nil:
			errs[n] = invalid[n]
		case rootErr() != nil:
			errs[n] = rootErr()
		default:
			errs[n] = im.checkRecord(ctx, l)
		}
		if errs[n] == nil {
			im.learn(l)
		}
	}
	return errs
}

func (im *recordImport) checkRoot(ctx context.Context, id string) error {
	c, err := im.Get(ctx, id)
	if err != nil {
		return err
	}
	return c.CanChange()
}

func (im *recordImport) checkRecord(ctx context.Context, l RecordLine) error {
	switch _, err := im.Record(ctx, l.Customer, l.Record.Key); {
	case err == nil:
		return customer.ErrExists
	case !errors.Is(err, customer.ErrNoRecord):
		return err
	}
	parent := l.Record.Key.Parent()
	if len(parent) == 0 || im.knows(l.Customer, parent) {
		return nil
	}
	_, err := im.Record(ctx, l.Customer, parent)
	if errors.Is(err, customer.ErrNoRecord) {
		return customer.ErrNoParent
	}
	return err
}
