package customer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"iter"
)

// CustomerLine is a line of a file of customers.
type CustomerLine struct {
	Line    int
	ID      string // empty: one is made
	Profile Profile
	Err     error // why the line could not be read; nothing else is set then
}

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

func (l CustomerLine) number() int { return l.Line }

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
	if !ValidID(id) {
		return Invalid("id", IDRule)
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
