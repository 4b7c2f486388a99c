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
	ID       string // empty: one is made
	Profile  customer.Profile
	SaysName bool   // the line gives a whole name: an empty first name in Profile is on purpose
	SaysPush bool   // the line gives Profile.Push
	Text     string // the whole line, with what is not a field; empty: the profile is the whole line
	Err      error  // why the line can't be read; then only Line is set

	again error // an earlier line has the same id or e-mail address
	nth   int   // of the lines with neither that say the same
}

// Customers adds the customers of a file. A line is about the customer with its id or, without an id, with its e-mail
// address. A line with neither adds a customer once a day, however often its file is imported, so that an import can be
// repeated. Options.OnExisting says what happens to customers that exist. If two lines of a file have the same id or address, the
// later one fails. The import stops before the context's deadline; Result.ResumeFrom says where to continue.
//
// A dry run reports what the run would do. If Options.From skips lines, it assumes that none of them frees an e-mail address
// that a later line takes.
func Customers(ctx context.Context, service CustomerService, lines iter.Seq[CustomerLine], opts Options) (Result, error) {
	im := &customerImport{
		CustomerService: service, opts: opts, first: firstLines{}, said: map[[8]byte]int{}, freed: map[string]bool{}, changed: map[string]int{},
	}
	return applyAll(ctx, lines, opts, im.note, im.apply)
}

func (l CustomerLine) number() int { return l.Line }

func (l CustomerLine) unreadable() error { return l.Err }

// over returns a profile with the line's values in place of its own. Fields that are empty in the line stay.
func (l CustomerLine) over(p customer.Profile) customer.Profile {
	said := l.Profile.Normalise()
	if l.SaysName && said.FirstName+said.LastName != "" {
		p.FirstName, p.LastName = "", ""
	}
	for _, f := range []struct {
		field *string
		said  string
	}{
		{&p.Organisation, said.Organisation}, {&p.FirstName, said.FirstName}, {&p.LastName, said.LastName},
		{&p.Email, said.Email}, {&p.Phone, said.Phone},
	} {
		if f.said != "" {
			*f.field = f.said
		}
	}
	if l.SaysPush {
		p.Push = said.Push
	}
	if len(said.Consents) > 0 {
		consents := maps.Clone(said.Consents)
		for name, given := range p.Consents {
			if _, ok := consents[name]; !ok {
				consents[name] = given
			}
		}
		p.Consents = consents
	}
	return p
}

// change is the change that adds the line's customer. Without an id it has a key, by which a repeated import recognises
// the line.
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
	text, _ := json.Marshal(l.Profile.Normalise()) // strings, booleans and a map of them can be written
	return string(text)
}

// customerImport is one import of customers.
type customerImport struct {
	CustomerService

	opts  Options
	first firstLines
	said  map[[8]byte]int // counts equal lines without an id and an address, by hash

	mu      sync.Mutex
	freed   map[string]bool // of a dry run: e-mail addresses that the run would have freed
	changed map[string]int  // the line that may change a customer, by customer
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
		im.said[hash]++
		l.nth = im.said[hash]
	}
}

// apply handles a window of lines, some at the same time. It puts off lines that can affect each other, and handles these
// last, in the order of the file.
func (im *customerImport) apply(ctx context.Context, pace *pace, window []CustomerLine) []outcome {
	outcomes := notBegun(len(window))
	putOff := make([]bool, len(window))
	parallel.While(len(window), importers, pace.begin, func(i int) {
		pace.timed(func() { outcomes[i] = im.line(ctx, window[i], false) })
		putOff[i] = errors.Is(outcomes[i].err, errPutOff)
	})
	for i, l := range window {
		if putOff[i] && !pace.step(func() { outcomes[i] = im.line(ctx, l, true) }) {
			outcomes[i].err = errNoTime
		}
	}
	return outcomes
}

// errPutOff is the outcome of a line that must wait for the others of its window.
var errPutOff = errors.New("put off")

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
		return outcome{err: errPutOff} // another line may free the address
	}
	return outcome{err: err}
}

// owner returns the customer that the line is about, if that customer is the reason why adding it was refused.
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

// existing is the outcome of a line whose customer exists. If that customer is being purged, the line fails: the
// customer is about to be gone.
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
	return Existing{Line: l.Line, Customer: c.ID, State: c.StateAt(im.Now()), Differs: c.Profile.Differs(l.over(c.Profile))}
}

// locate finds the customer that a line is about: ErrNotFound if there is none.
func (im *customerImport) locate(ctx context.Context, l CustomerLine) (customer.Customer, error) {
	id := l.ID
	if id == "" {
		owner, err := im.claimed(ctx, l)
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

// claimed finds the customer that an earlier import of the line has added, or that has the line's e-mail address.
func (im *customerImport) claimed(ctx context.Context, l CustomerLine) (string, error) {
	err := im.Replayed(ctx, l.change(im.opts.By))
	if id, there := l.owner(err); there {
		return id, nil
	}
	if err != nil {
		return "", err
	}
	return im.addressee(ctx, l.Profile.Normalise().Email)
}

// addressee finds the customer that has an e-mail address: ErrNotFound if there is none, or if this dry run would have freed it.
func (im *customerImport) addressee(ctx context.Context, email string) (string, error) {
	im.mu.Lock()
	freed := im.freed[email]
	im.mu.Unlock()
	if email == "" || freed {
		return "", customer.ErrNotFound
	}
	return im.EmailOwner(ctx, email)
}

// add adds the customer of a line. In a dry run it only checks whether that would be refused.
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

// checkEmail refuses an address that a customer with another id has.
func (im *customerImport) checkEmail(ctx context.Context, email, id string) error {
	owner, err := im.addressee(ctx, email)
	switch {
	case errors.Is(err, customer.ErrNotFound), err == nil && owner == id:
		return nil
	case err != nil:
		return err
	}
	return im.EmailTaken(ctx, owner)
}

// revise changes a customer to what the line says. A line that changes an e-mail address, or that found its customer by
// one, is put off: other lines may be about that address.
func (im *customerImport) revise(ctx context.Context, l CustomerLine, c customer.Customer, last bool) outcome {
	found := im.found(l, c)
	p := l.over(c.Profile).Normalise()
	if !last && (l.ID == "" || p.Email != c.Profile.Email) {
		return outcome{err: errPutOff}
	}
	if err := im.takeTurn(l, c.ID); err != nil {
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

// takeTurn refuses a second line about a customer. One has the customer's id, the other its e-mail address.
func (im *customerImport) takeTurn(l CustomerLine, id string) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	if line, ok := im.changed[id]; ok && line != l.Line {
		return customer.Invalid("id", fmt.Sprintf("line %d of the file is about the same customer", line))
	}
	im.changed[id] = l.Line
	return nil
}

// write changes the customer. In a dry run it only checks whether that would be refused.
func (im *customerImport) write(ctx context.Context, l CustomerLine, c customer.Customer, p customer.Profile) error {
	if !im.opts.DryRun {
		_, err := im.Update(ctx, c.ID, l.over, customer.Change{By: im.opts.By})
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
