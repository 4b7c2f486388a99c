package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"sync"

	"lethe/internal/customer"
	"lethe/internal/parallel"
)

// CustomerLine is a line of a file of customers.
type CustomerLine struct {
	Line     int
	ID       string // empty: the import makes one
	Profile  customer.Profile
	SaysName bool   // the line has a whole name: an empty first name in Profile is on purpose
	SaysPush bool   // the line has a value for Profile.Push
	Text     string // the whole line, with columns that are no fields; empty: Profile is the whole line
	Err      error  // why the line can't be read; then only Line is set

	again error // an earlier line has the same id or e-mail address
	nth   int   // number of this line among equal lines without id and e-mail address, from 1
}

// Customers adds the customers of a file. A line is about the customer with its id or, without an id, with its e-mail
// address. A line without both adds a customer at most once a day, so that an import can be repeated. Options.OnExisting
// says what happens to customers that exist. If two lines of a file have the same id or address, the later one fails. The
// import stops before the context's deadline; Result.ResumeFrom says where to continue. An error is a fault of the store;
// the result is valid, too.
//
// A dry run reports what the run would do. If Options.From skips lines, it assumes that none of these frees an e-mail
// address for a later line.
func Customers(ctx context.Context, service CustomerService, lines iter.Seq[CustomerLine], opts Options) (Result, error) {
	im := &customerImport{
		CustomerService: service, opts: opts, first: firstLines{}, equal: map[[8]byte]int{}, freed: map[string]bool{}, changed: map[string]int{},
	}
	return applyAll(ctx, lines, opts, im.note, im.apply)
}

func (l CustomerLine) number() int { return l.Line }

func (l CustomerLine) unreadable() error { return l.Err }

// merge returns a profile with the values of the line. Fields that are empty in the line keep their values.
func (l CustomerLine) merge(p customer.Profile) customer.Profile {
	given := l.Profile.Normalise()
	if l.SaysName && given.FirstName+given.LastName != "" {
		p.FirstName, p.LastName = "", ""
	}
	for _, f := range []struct {
		field *string
		value string
	}{
		{&p.Organisation, given.Organisation}, {&p.FirstName, given.FirstName}, {&p.LastName, given.LastName},
		{&p.Email, given.Email}, {&p.Phone, given.Phone},
	} {
		if f.value != "" {
			*f.field = f.value
		}
	}
	if l.SaysPush {
		p.Push = given.Push
	}
	if len(given.Consents) > 0 {
		consents := maps.Clone(given.Consents)
		for name, consent := range p.Consents {
			if _, ok := consents[name]; !ok {
				consents[name] = consent
			}
		}
		p.Consents = consents
	}
	return p
}

// change returns the change that adds the line's customer. For a line without an id it has an idempotency key, by which a
// repeated import recognises the line.
func (l CustomerLine) change(by string) customer.Change {
	ch := customer.Change{By: by}
	if l.ID == "" {
		sum := sha256.Sum256([]byte(fmt.Sprintf("import\x00%s\x00%d\x00%s", by, l.nth, l.text())))
		key := hex.EncodeToString(sum[:])
		ch.Once = &customer.Once{Key: key, Fingerprint: key}
	}
	return ch
}

func (l CustomerLine) text() string {
	if l.Text != "" {
		return l.Text
	}
	text, _ := json.Marshal(l.Profile.Normalise()) // strings, booleans and a map of booleans can always be encoded
	return string(text)
}

// customerImport is one import of customers.
type customerImport struct {
	CustomerService

	opts  Options
	first firstLines
	equal map[[8]byte]int // numbers of equal lines without id and e-mail address, by hash

	mu      sync.Mutex
	freed   map[string]bool // in a dry run: e-mail addresses that the run would have freed
	changed map[string]int  // by customer: the line that changes it
}

// note compares a line with the earlier ones.
func (im *customerImport) note(l *CustomerLine) {
	if l.Err != nil {
		return
	}
	email := l.Profile.Normalise().Email
	if l.ID != "" {
		l.again = im.first.again("id", l.ID, l.Line)
	}
	if email != "" && l.again == nil {
		l.again = im.first.again("email", email, l.Line)
	}
	if l.ID == "" && email == "" {
		hash := shortHash(l.text())
		im.equal[hash]++
		l.nth = im.equal[hash]
	}
}

// apply handles a window of lines, several at the same time. It postpones lines that can affect each other, and handles
// these last, in the order of the file.
func (im *customerImport) apply(ctx context.Context, pace *pace, window []CustomerLine) []outcome {
	outcomes := notBegun(len(window))
	postponed := make([]bool, len(window))
	parallel.While(len(window), importers, pace.begin, func(i int) {
		pace.timed(func() { outcomes[i] = im.line(ctx, window[i], false) })
		postponed[i] = errors.Is(outcomes[i].err, errPostponed)
	})
	for i, l := range window {
		if postponed[i] && !pace.step(func() { outcomes[i] = im.line(ctx, l, true) }) {
			outcomes[i].err = errNoTime
		}
	}
	return outcomes
}

// errPostponed is the outcome of a line that must wait for the others of its window.
var errPostponed = errors.New("postponed")

func (im *customerImport) line(ctx context.Context, l CustomerLine, last bool) outcome {
	switch {
	case l.Err != nil:
		return outcome{err: l.Err}
	case l.again != nil:
		return outcome{err: l.again}
	}
	if im.opts.OnExisting == UpdateExisting {
		if c, err := im.locate(ctx, l); err == nil {
			return im.revise(ctx, l, c, last)
		} else if !errors.Is(err, customer.ErrNotFound) {
			return outcome{err: err}
		}
	}
	err := im.add(ctx, l)
	id, there := l.owner(err)
	switch {
	case there:
		return im.existing(ctx, l, id, err)
	case im.opts.OnExisting == UpdateExisting && errors.As(err, new(*customer.EmailTakenError)) && !last:
		return outcome{err: errPostponed} // another line may free the address
	}
	return outcome{err: err}
}

// owner returns the customer that the line is about, if adding it was refused because that customer exists.
func (l CustomerLine) owner(err error) (id string, there bool) {
	var (
		replay *customer.ReplayError
		taken  *customer.EmailTakenError
	)
	switch {
	case errors.As(err, &replay) && replay.Same:
		return replay.Subject, true
	case errors.As(err, &taken) && (l.ID == "" || l.ID == taken.Owner):
		return taken.Owner, true
	case errors.Is(err, customer.ErrExists):
		return l.ID, true
	}
	return "", false
}

// existing returns the outcome of a line for a customer that exists. If that customer is being purged, the line fails: the
// customer will soon be gone.
func (im *customerImport) existing(ctx context.Context, l CustomerLine, id string, refusal error) outcome {
	c, err := im.Get(ctx, id)
	switch {
	case errors.Is(err, customer.ErrNotFound): // its root is gone, and the purge has not ended
		return outcome{err: refusal}
	case err != nil:
		return outcome{err: err}
	case c.State == customer.Purging && errors.As(refusal, new(*customer.EmailTakenError)):
		return outcome{err: refusal}
	case c.State == customer.Purging:
		return outcome{err: customer.ErrPurgeStarted}
	}
	found := im.found(l, c)
	if im.opts.OnExisting == FailExisting {
		return outcome{err: &ExistingError{found}}
	}
	return outcome{found: &found}
}

func (im *customerImport) found(l CustomerLine, c customer.Customer) Existing {
	return Existing{Line: l.Line, Customer: c.ID, State: c.StateAt(im.Now()), Differs: c.Profile.Differs(l.merge(c.Profile))}
}

// locate returns the customer that a line is about. The error is ErrNotFound if it does not exist.
func (im *customerImport) locate(ctx context.Context, l CustomerLine) (customer.Customer, error) {
	id := l.ID
	if id == "" {
		owner, err := im.ownerWithoutID(ctx, l)
		if err != nil {
			return customer.Customer{}, err
		}
		id = owner
	}
	if !customer.ValidID(id) {
		return customer.Customer{}, customer.ErrNotFound
	}
	c, err := im.Get(ctx, id)
	if err == nil && c.State == customer.Purging {
		return c, customer.ErrPurgeStarted
	}
	return c, err
}

// ownerWithoutID returns the customer that an earlier import of the line has added, or that has the line's e-mail address.
func (im *customerImport) ownerWithoutID(ctx context.Context, l CustomerLine) (string, error) {
	err := im.Replayed(ctx, l.change(im.opts.By))
	if id, there := l.owner(err); there {
		return id, nil
	}
	if err != nil {
		return "", err
	}
	return im.emailOwner(ctx, l.Profile.Normalise().Email)
}

// emailOwner returns the customer that has an e-mail address. The error is ErrNotFound if no customer has it, or if the run
// would have freed it before.
func (im *customerImport) emailOwner(ctx context.Context, email string) (string, error) {
	im.mu.Lock()
	freed := im.freed[email]
	im.mu.Unlock()
	if email == "" || freed {
		return "", customer.ErrNotFound
	}
	return im.EmailOwner(ctx, email)
}

// add adds the customer of a line. In a dry run it only returns the error that this would have.
func (im *customerImport) add(ctx context.Context, l CustomerLine) error {
	ch := l.change(im.opts.By)
	if !im.opts.DryRun {
		_, err := im.Create(ctx, l.ID, l.Profile, ch)
		return err
	}
	p := l.Profile.Normalise()
	if err := p.Validate(); err != nil {
		return err
	}
	refusal := im.Replayed
	if l.ID != "" {
		refusal = func(ctx context.Context, ch customer.Change) error { return im.CheckID(ctx, l.ID, ch) }
	}
	if err := refusal(ctx, ch); err != nil {
		return err
	}
	return im.checkEmail(ctx, p.Email, "")
}

// checkEmail refuses an e-mail address that a customer with another id has.
func (im *customerImport) checkEmail(ctx context.Context, email, id string) error {
	owner, err := im.emailOwner(ctx, email)
	switch {
	case errors.Is(err, customer.ErrNotFound), err == nil && owner == id:
		return nil
	case err != nil:
		return err
	}
	return im.EmailTaken(ctx, owner)
}

// revise changes a customer to the values of the line. It postpones a line that changes an e-mail address or that found its
// customer by one: other lines of the window may have the same address.
func (im *customerImport) revise(ctx context.Context, l CustomerLine, c customer.Customer, last bool) outcome {
	found := im.found(l, c)
	p := l.merge(c.Profile).Normalise()
	if !last && (l.ID == "" || p.Email != c.Profile.Email) {
		return outcome{err: errPostponed}
	}
	if err := im.claim(l, c.ID); err != nil {
		return outcome{err: err}
	}
	if len(found.Differs) == 0 {
		return outcome{found: &found}
	}
	if err := im.write(ctx, l, c, p); err != nil {
		return outcome{err: err}
	}
	found.Updated = true
	return outcome{found: &found}
}

// claim refuses a second line about a customer: one line has the customer's id, and the other its e-mail address.
func (im *customerImport) claim(l CustomerLine, id string) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	if line, ok := im.changed[id]; ok && line != l.Line {
		return customer.Invalid("id", fmt.Sprintf("line %d of the file is about the same customer; remove one of the lines", line))
	}
	im.changed[id] = l.Line
	return nil
}

// write changes the customer. In a dry run it only returns the error that this would have.
func (im *customerImport) write(ctx context.Context, l CustomerLine, c customer.Customer, p customer.Profile) error {
	if !im.opts.DryRun {
		_, err := im.Update(ctx, c.ID, l.merge, customer.Change{By: im.opts.By})
		return err
	}
	if err := c.CanChange(); err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if p.Email == c.Profile.Email {
		return nil
	}
	if err := im.checkEmail(ctx, p.Email, c.ID); err != nil {
		return err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.freed[c.Profile.Email] = true
	return nil
}
