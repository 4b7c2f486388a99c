package web

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"lethe/internal/customer"
)

// Target is the customer that a path names.
type Target struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9_-][A-Za-z0-9._:|@+=-]{0,127}$" patternDescription:"up to 128 letters, digits and . _ - : | @ + =, the first a letter, a digit, _ or -" doc:"The customer's id." example:"ALFKI"`
}

// Idempotent is a request that may be sent again without being done again.
type Idempotent struct {
	Key string `header:"Idempotency-Key" doc:"Makes repeats of this request harmless: sent again with the same key within a day, it is not done again. It is answered as then, with Idempotency-Replayed: true, also when the customer has been changed, deleted or purged since. Nothing personal is kept for that: after such a change, names and addresses that the request does not tell itself are left empty. Another customer or body under the same key is refused; what is asked at another address, a block and a restore for example, does not share its keys." example:"8e03978e-40d5-43e8-bc93-6894a57f9324"`
}

// Conditional is a change that can be bound to a version.
type Conditional struct {
	IfMatch string `header:"If-Match" doc:"The ETag you have read. If it has changed meanwhile, the change is refused with 412." example:"\"3\""`
}

// Reason is the body of changes that need nothing else.
type Reason struct {
	Reason     string `json:"reason,omitempty" maxLength:"300" doc:"Why, in your words, where the code doesn't say enough. Leave out personal data: what looks like it is blotted out of what outlives the customer, as is every word that the customer has or had in its profile. Names of other customers stay." example:"asked by phone"`
	ReasonCode string `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other" doc:"Why, without free text." example:"erasure_request"`
}

func reasonOf(body *Reason) Reason {
	if body == nil {
		return Reason{}
	}
	return *body
}

var (
	keyFormat  = regexp.MustCompile(`^"?[!#-~]{1,128}"?$`)
	etagFormat = regexp.MustCompile(`^(W/)?"(\d{1,18})"$`)
)

// change is a change as its request describes it.
func change(ctx context.Context, why Reason) (customer.Change, error) {
	ch := customer.Change{By: actorOf(ctx), Reason: why.Reason, ReasonCode: customer.ReasonCode(why.ReasonCode)}
	return ch, customer.ValidateReason(ch.Reason, ch.ReasonCode)
}

// changeIf is a change that its If-Match, if there is one, binds to a version.
func changeIf(ctx context.Context, why Reason, in Conditional) (customer.Change, error) {
	ch, err := change(ctx, why)
	if err != nil {
		return ch, err
	}
	ch.IfVersion, err = in.version()
	return ch, err
}

// changeOnceIf is a change that both of its headers bind.
func changeOnceIf(ctx context.Context, why Reason, once Idempotent, on Conditional) (customer.Change, error) {
	ch, err := changeOnce(ctx, why, once)
	if err != nil {
		return ch, err
	}
	ch.IfVersion, err = on.version()
	return ch, err
}

// changeOnce is a change that its Idempotency-Key, if there is one, lets happen once.
func changeOnce(ctx context.Context, why Reason, in Idempotent) (customer.Change, error) {
	ch, err := change(ctx, why)
	if err != nil || in.Key == "" {
		return ch, err
	}
	if !keyFormat.MatchString(in.Key) {
		return ch, badKey
	}
	ch.Once = once(ctx, strings.Trim(in.Key, `"`))
	return ch, nil
}

func once(ctx context.Context, key string) *customer.Once {
	r := requestOf(ctx)
	return &customer.Once{
		Key:         hexHash(actorOf(ctx), r.method, r.route, key),
		Fingerprint: hexHash(r.method, r.uri, string(r.body.sum.Sum(nil))),
	}
}

func hexHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// idFor makes the id of a thing created under an idempotency key: a repeat must find
// what the first request made.
func idFor(ch customer.Change) string {
	if ch.Once == nil {
		return customer.NewID()
	}
	sum := sha256.Sum256([]byte(ch.Once.Key + "\x00" + ch.Once.Fingerprint))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:16])[:26])
}

// replayed is the error of a change that was made before by the same request.
func replayed(err error) (replay *customer.ReplayError, ok bool) {
	return replay, errors.As(err, &replay) && replay.Same
}

const replayedHeader = "true"

// changed answers a change of a customer. One that was made before under the same key is
// answered with the customer as it was then.
func (a *api) changed(ctx context.Context, c customer.Customer, err error) (*customerOutput, error) {
	if replay, ok := replayed(err); ok {
		return a.changedBefore(ctx, replay)
	}
	if err != nil {
		return nil, err
	}
	return &customerOutput{ETag: etag(c.Version), Body: customerAt(c, a.svc.Now())}, nil
}

// changedBefore answers from what was kept of the change, and what is personal only from
// the customer itself: if it is still as it was.
func (a *api) changedBefore(ctx context.Context, replay *customer.ReplayError) (*customerOutput, error) {
	now, err := a.svc.Customer(ctx, replay.Subject)
	if err != nil && !errors.Is(err, customer.ErrNotFound) {
		return nil, err
	}
	c := replay.Trace.Customer(replay.Subject, now)
	out := &customerOutput{ETag: etag(c.Version), Replayed: replayedHeader, Body: customerAt(c, replay.Trace.At)}
	out.Body.Held = replay.Trace.Held
	return out, nil
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// noVersion is a version that nothing has.
const noVersion = -1

// version reads the If-Match of a customer, whose versions count from 1: 0 for any.
func (in Conditional) version() (int64, error) {
	if in.IfMatch == "" || in.IfMatch == "*" {
		return 0, nil
	}
	version, err := in.named()
	if version == 0 {
		version = noVersion
	}
	return version, err
}

// named is the version that If-Match names.
func (in Conditional) named() (int64, error) {
	m := etagFormat.FindStringSubmatch(in.IfMatch)
	if m == nil {
		return 0, badIfMatch
	}
	if m[1] != "" { // a weak ETag never matches: RFC 9110, 13.1.1
		return noVersion, nil
	}
	return strconv.ParseInt(m[2], 10, 64) // 18 digits fit
}
