package dynamo_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

func TestACustomerReadsBackAsItWasCreated(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.fresh()
	if err := s.Create(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	got := s.read(t, c.ID)
	if len(got.Terms) == 0 {
		t.Error("it has no search terms")
	}
	c.Terms, c.Recent = got.Terms, c.Recent.With(c.Last.ID)
	same(t, "customer", got, c)
	owner, err := s.EmailOwner(t.Context(), c.Profile.Email)
	if err != nil || owner != c.ID {
		t.Errorf("the owner of the address is %q, %v", owner, err)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	_, err := s.Customer(t.Context(), "nobody")
	refuses(t, err, customer.ErrNotFound)
	_, err = s.EmailOwner(t.Context(), "nobody@example.com")
	refuses(t, err, customer.ErrNotFound)
}

func TestCreateIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	there := s.fresh()
	there.Last.Once = &customer.Once{Key: "used", Fingerprint: "this"}
	if err := s.Create(t.Context(), there); err != nil {
		t.Fatal(err)
	}
	inTrash := s.deleted(t)
	for _, tt := range []struct {
		name string
		edit func(*customer.Customer)
		want error
	}{
		{"an id that is used", func(c *customer.Customer) { c.ID = there.ID }, customer.ErrExists},
		{"an id that is used in the trash", func(c *customer.Customer) { c.ID = inTrash.ID }, customer.ErrExists},
		{"an address that is used", func(c *customer.Customer) { c.Profile.Email = there.Profile.Email }, &customer.EmailTakenError{Owner: there.ID}},
		{"an address that is used in the trash", func(c *customer.Customer) { c.Profile.Email = inTrash.Profile.Email }, &customer.EmailTakenError{Owner: inTrash.ID}},
		{"the same request again", func(c *customer.Customer) { c.Last.Once = &customer.Once{Key: "used", Fingerprint: "this"} }, &customer.ReplayError{Subject: there.ID, Same: true, Trace: there.Trace()}},
		{"another request under the same key", func(c *customer.Customer) { c.Last.Once = &customer.Once{Key: "used", Fingerprint: "that"} }, &customer.ReplayError{Subject: there.ID, Trace: there.Trace()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refused := s.fresh()
			fresh := refused
			tt.edit(&refused)
			refuses(t, s.Create(t.Context(), refused), tt.want)
			_, err := s.EmailOwner(t.Context(), fresh.Profile.Email)
			refuses(t, err, customer.ErrNotFound)
			if refused.ID == fresh.ID {
				_, err := s.Customer(t.Context(), fresh.ID)
				refuses(t, err, customer.ErrNotFound)
			}
		})
	}
}

// revised returns the customer with an edited profile.
func (s *suite) revised(old customer.Customer, edit func(*customer.Profile)) customer.Customer {
	c := old
	edit(&c.Profile)
	c.Version, c.Last = old.Version+1, s.change(customer.ActionUpdated)
	return c
}

func rename(p *customer.Profile) { p.LastName = "Berglund" }

func TestReviseReplacesProfileAddressAndTerms(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	old := s.active(t)
	revised := s.revised(old, func(p *customer.Profile) { p.LastName, p.Email, p.Push = "Berglund", "new@example.com", false })
	if err := s.Revise(t.Context(), old, revised); err != nil {
		t.Fatal(err)
	}
	got := s.read(t, old.ID)
	revised.Terms, revised.Recent = got.Terms, old.Recent.With(revised.Last.ID)
	same(t, "customer", got, revised)
	_, err := s.EmailOwner(t.Context(), old.Profile.Email)
	refuses(t, err, customer.ErrNotFound)
	if owner, err := s.EmailOwner(t.Context(), "new@example.com"); owner != old.ID {
		t.Errorf("the owner of the new address is %q, %v", owner, err)
	}
	if found := s.found(t, "berglund", customer.Active); len(found) != 1 {
		t.Errorf("found by its new name: %v", found)
	}
	if found := s.found(t, "anders", customer.Active); len(found) != 0 {
		t.Errorf("found by its old name: %v", found)
	}
	// The former address is free.
	other := s.fresh()
	other.Profile.Email = old.Profile.Email
	if err := s.Create(t.Context(), other); err != nil {
		t.Error(err)
	}
}

func TestReviseIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	owner := s.active(t)
	for _, tt := range []struct {
		name string
		of   func(t *testing.T) customer.Customer // the customer as its editor has read it
		edit func(*customer.Profile)
		want error
	}{
		{"of nobody", func(*testing.T) customer.Customer { return s.fresh() }, rename, customer.ErrNotFound},
		{"of an older version", func(t *testing.T) customer.Customer {
			old := s.active(t)
			if err := s.Revise(t.Context(), old, s.revised(old, func(p *customer.Profile) { p.FirstName = "Ana" })); err != nil {
				t.Fatal(err)
			}
			return old
		}, rename, customer.ErrVersion},
		{"in the trash", func(t *testing.T) customer.Customer { return s.deleted(t) }, rename, customer.ErrInTrash},
		{"past the fence", func(t *testing.T) customer.Customer { return s.fenced(t) }, rename, customer.ErrPurgeStarted},
		{"to an address that is used", func(t *testing.T) customer.Customer { return s.active(t) },
			func(p *customer.Profile) { p.Email = owner.Profile.Email }, &customer.EmailTakenError{Owner: owner.ID}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			old := tt.of(t)
			before, beforeErr := s.Customer(t.Context(), old.ID)
			refuses(t, s.Revise(t.Context(), old, s.revised(old, tt.edit)), tt.want)
			after, err := s.Customer(t.Context(), old.ID)
			refuses(t, err, beforeErr)
			same(t, "customer", after, before)
		})
	}
}

// TestAnAddressHasOneOwnerInAnyCase goes through the service, which lower-cases it.
func TestAnAddressHasOneOwnerInAnyCase(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	service := s.world.Service(s.world.Config)
	first, err := service.Create(t.Context(), "", customer.Profile{LastName: "Anders", Email: "Maria@Example.COM"}, byAdmin)
	if err != nil {
		t.Fatal(err)
	}
	_, err = service.Create(t.Context(), "", customer.Profile{LastName: "Chang", Email: "maria@example.com"}, byAdmin)
	refuses(t, err, &customer.EmailTakenError{Owner: first.ID, State: customer.Active})
	s.delete(t, first.ID, 30*day)
	_, err = service.Create(t.Context(), "", customer.Profile{LastName: "Chang", Email: " MARIA@example.com "}, byAdmin)
	refuses(t, err, &customer.EmailTakenError{Owner: first.ID, State: customer.Deleted})

	s.purge(t, s.fence(t, first.ID))
	if _, err = service.Create(t.Context(), "", customer.Profile{LastName: "Chang", Email: "maria@example.com"}, byAdmin); err != nil {
		t.Errorf("the address of one that is purged: %v", err)
	}
}

func TestAnIDIsNeverUsedAgain(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	service := s.world.Service(s.world.Config)
	c := s.active(t, "ticket~1")
	use := func() error {
		_, err := service.Create(t.Context(), c.ID, customer.Profile{LastName: "Chang"}, byAdmin)
		return err
	}
	refuses(t, use(), customer.ErrExists)
	s.delete(t, c.ID, 30*day)
	refuses(t, use(), customer.ErrExists)
	fenced := s.fence(t, c.ID)
	refuses(t, use(), customer.ErrPurgeStarted)
	s.world.Expire(t, c.ID)
	refuses(t, use(), customer.ErrPurgeStarted)
	if err := s.PutBack(t.Context(), fenced, s.world.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	s.purge(t, fenced)
	var purged *customer.PurgedError
	if err := use(); !errors.As(err, &purged) || purged.Certificate.Customer != c.ID {
		t.Errorf("got %v, want the certificate", err)
	}
}

// TestALeftoverClaimIsNoCustomer leaves the claim of a customer without a root. The creation of a customer with that id and
// address must not report that it exists.
func TestALeftoverClaimIsNoCustomer(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.active(t)
	db := dynamodb.NewFromConfig(s.world.Config)
	root := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "C#" + c.ID}, "sk": &types.AttributeValueMemberS{Value: "#"}}
	kept, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &s.world.Name, Key: root})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &s.world.Name, Key: root}); err != nil {
		t.Fatal(err)
	}
	again := c
	again.Last.ID = "another"
	var taken *customer.EmailTakenError
	if err := s.Create(t.Context(), again); !errors.As(err, &taken) || taken.Owner != c.ID {
		t.Errorf("created over a claim that was left: %v", err)
	}
	if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.world.Name, Item: kept.Item}); err != nil {
		t.Fatal(err)
	}
}
