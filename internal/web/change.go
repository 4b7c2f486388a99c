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

// Target is the customer in a path.
type Target struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9_-][A-Za-z0-9._:|@+=-]{0,127}$" patternDescription:"up to 128 letters, digits and . _ - : | @ + =, the first a letter, a digit, _ or -" doc:"The customer's id." example:"ALFKI"`
}

// Idempotent is the header of a request that can be repeated safely.
type Idempotent struct {
	Key string `header:"Idempotency-Key" doc:"Makes it safe to repeat this request. Within a day, a request with the same key is not carried out again: it gets the first answer, with Idempotency-Replayed: true, even if the customer was changed, deleted or purged since. The answer is rebuilt without stored personal data: after such a change, names and addresses that are not in the request are empty. The same key with another customer or body is refused. Each route, such as block or restore, has its own keys." example:"8e03978e-40d5-43e8-bc93-6894a57f9324"`
}

// Replayable is the header of the answer to an Idempotent request.
type Replayable struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true: a request with this key was carried out before; this is its answer."`
}

// Conditional is the header of a change that applies to one version only.
type Conditional struct {
	IfMatch string `header:"If-Match" doc:"The ETag that you read. If the version has changed since, the request is refused with 412." example:"\"3\""`
}

// Reason is the body of a change that has no other fields.
type Reason struct {
	Reason     string `json:"reason,omitempty" maxLength:"300" doc:"The reason in your words, if reasonCode does not say enough. Do not put personal data in it. In what stays after the purge, words that look personal are blotted out, and so is every word that is or was in the customer's profile. Names of other customers are not blotted out." example:"asked by phone"`
	ReasonCode string `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other" doc:"The reason as a code." example:"erasure_request"`
}

func reasonOf(body *Reason) Reason {
	if body == nil {
		return Reason{}
	}
	return *body
}

const maxKey = 128

// A bounded repetition of 128 takes long to compile, so the length of a key is compared apart.
var (
	keyFormat  = regexp.MustCompile(`^"?[!#-~]+"?$`)
	etagFormat = regexp.MustCompile(`^(W/)?"(\d{1,18})"$`)
)

// change returns the change that a request asks for.
func change(ctx context.Context, why Reason) (customer.Change, error) {
	ch := customer.Change{By: actorOf(ctx), Reason: why.Reason, ReasonCode: customer.ReasonCode(why.ReasonCode)}
	return ch, customer.ValidateReason(ch.Reason, ch.ReasonCode)
}

// changeIf returns a change with the version of If-Match, if the request has one.
func changeIf(ctx context.Context, why Reason, in Conditional) (customer.Change, error) {
	ch, err := change(ctx, why)
	if err != nil {
		return ch, err
	}
	ch.IfVersion, err = in.version()
	return ch, err
}

// changeOnceIf returns a change with both headers.
func changeOnceIf(ctx context.Context, why Reason, once Idempotent, on Conditional) (customer.Change, error) {
	ch, err := changeOnce(ctx, why, once)
	if err != nil {
		return ch, err
	}
	ch.IfVersion, err = on.version()
	return ch, err
}

// changeOnce returns a change with the Idempotency-Key, if the request has one.
func changeOnce(ctx context.Context, why Reason, in Idempotent) (customer.Change, error) {
	ch, err := change(ctx, why)
	if err != nil || in.Key == "" {
		return ch, err
	}
	key := strings.Trim(in.Key, `"`)
	if len(key) > maxKey || !keyFormat.MatchString(in.Key) {
		return ch, badKey
	}
	ch.Once = once(ctx, key)
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

// idFor makes the id of what a change creates. With an idempotency key it depends on the key and the request only, so
// that a repeat finds what the first request created.
func idFor(ch customer.Change) string {
	if ch.Once == nil {
		return customer.NewID()
	}
	sum := sha256.Sum256([]byte(ch.Once.Key + "\x00" + ch.Once.Fingerprint))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:16])[:26])
}

// replayOf returns the replay in err, if it means that the same request made the change before.
func replayOf(err error) (replay *customer.ReplayError, ok bool) {
	return replay, errors.As(err, &replay) && replay.Same
}

const replayedHeader = "true"

// answerCustomer answers with a customer after a read or a change. For a replay it is the customer as the first
// request left it.
func (a *api) answerCustomer(ctx context.Context, c customer.Customer, err error) (*customerOutput, error) {
	if replay, ok := replayOf(err); ok {
		return a.answerReplay(ctx, replay)
	}
	if err != nil {
		return nil, err
	}
	return &customerOutput{ETag: etag(c.Version), Body: customerAt(c, a.svc.Now())}, nil
}

// answerReplay answers from the trace of the first request, which has no personal data. Personal fields come from the
// customer itself, if it has not changed since.
func (a *api) answerReplay(ctx context.Context, replay *customer.ReplayError) (*customerOutput, error) {
	now, err := a.svc.Customer(ctx, replay.Subject)
	if err != nil && !errors.Is(err, customer.ErrNotFound) {
		return nil, err
	}
	c := replay.Trace.Customer(replay.Subject, now)
	out := &customerOutput{ETag: etag(c.Version), Replayable: Replayable{replayedHeader}, Body: customerAt(c, replay.Trace.At)}
	out.Body.Held = replay.Trace.Held
	return out, nil
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// noVersion matches no version.
const noVersion = -1

// version returns the customer version that If-Match names: 0 for any. Customer versions start at 1.
func (in Conditional) version() (int64, error) {
	if in.IfMatch == "" || in.IfMatch == "*" {
		return 0, nil
	}
	version, err := in.parse()
	if version == 0 {
		version = noVersion
	}
	return version, err
}

// replaces returns the version that a request replaces: the one in its body, or in If-Match. If both have one and they
// differ, the error is mismatch.
func (in Conditional) replaces(named *int64, mismatch error) (int64, error) {
	if in.IfMatch == "" || in.IfMatch == "*" {
		if named == nil {
			return 0, versionRequired
		}
		return *named, nil
	}
	version, err := in.parse()
	if err == nil && named != nil && *named != version {
		err = mismatch
	}
	return version, err
}

// parse returns the version in If-Match.
func (in Conditional) parse() (int64, error) {
	m := etagFormat.FindStringSubmatch(in.IfMatch)
	if m == nil {
		return 0, badIfMatch
	}
	if m[1] != "" { // a weak ETag never matches: RFC 9110, 13.1.1
		return noVersion, nil
	}
	return strconv.ParseInt(m[2], 10, 64) // 18 digits fit
}
