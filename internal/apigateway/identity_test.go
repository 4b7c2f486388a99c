package apigateway

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"lethe/internal/admin"
)

type authorizer = events.APIGatewayV2HTTPRequestContextAuthorizerDescription

func verified(claims map[string]string) *authorizer {
	return &authorizer{JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: claims}}
}

func token(payload string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".sig"
}

// TestGroupsAreThoseOfTheToken reads tokens with groups of all forms. What the gateway makes of the groups is shown beside
// them: it is the same text for different groups, and is never used.
func TestGroupsAreThoseOfTheToken(t *testing.T) {
	for _, tt := range []struct {
		name, groups, flattened string
		want                    []string
	}{
		{"two groups", `["x","admin"]`, "[x admin]", []string{"x", "admin"}},
		{"one group with the names of two", `["x admin"]`, "[x admin]", nil},
		{"beside an ordinary group", `["x admin","support"]`, "[x admin support]", []string{"support"}},
		{"a comma", `["x,admin","support"]`, "[x,admin support]", []string{"support"}},
		{"brackets", `["[admin]","[admin","admin]"]`, "[[admin] [admin admin]]", nil},
		{"other spaces", `["x\tadmin","x\u00a0admin","x\nadmin","x\u2028admin"]`, "", nil},
		{"no name", `[""]`, "[]", nil},
		{"not UTF-8", "[\"adm\xffin\",\"x\"]", "", []string{"adm\ufffdin", "x"}},
		{"no strings", `[1,null,{"a":"admin"},["admin"],true,"support"]`, "[1 support]", []string{"support"}},
		{"the same twice", `["a","a"]`, "[a a]", []string{"a"}},
		{"one string", `"admin"`, "admin", []string{"admin"}},
		{"one string with a space", `"x admin"`, "x admin", nil},
		{"one string that looks like an array", `"[admin]"`, "[admin]", nil},
		{"one string with a comma", `"x,admin"`, "x,admin", nil},
		{"null", `null`, "", nil},
		{"an object", `{"admin":true}`, "map[admin:true]", nil},
		{"an empty array", `[]`, "[]", nil},
	} {
		event := request(func(e *events.APIGatewayV2HTTPRequest) {
			e.Headers = map[string]string{"authorization": "Bearer " + token(`{"sub":"ann","groups":`+tt.groups+`}`)}
			e.RequestContext.Authorizer = verified(map[string]string{"sub": "ann", "groups": tt.flattened})
		})
		if diff := cmp.Diff(admin.Identity{Subject: "ann", Groups: tt.want}, identity(event, "groups")); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestAnIdentityNeedsAnAuthorizerAndItsToken(t *testing.T) {
	const claims = `{"sub":"ann","name":"Ann","cognito:groups":["owners"],"groups":["admin"],"auth_time":1764547200}`
	ann := admin.Identity{Subject: "ann", Name: "Ann", Groups: []string{"owners"}, SignedIn: time.Unix(1764547200, 0).UTC()}
	anns := verified(map[string]string{"sub": "ann"})
	for _, tt := range []struct {
		name   string
		header string
		from   *authorizer
		want   admin.Identity
	}{
		{"as verified", "Bearer " + token(claims), anns, ann},
		{"another spelling of Bearer", "bearer " + token(claims), anns, ann},
		{"without Bearer", token(claims), anns, ann},
		{"no authorizer", "Bearer " + token(claims), nil, admin.Identity{}},
		{"another authorizer", "Bearer " + token(claims), &authorizer{}, admin.Identity{}},
		{"no claims", "Bearer " + token(claims), verified(nil), admin.Identity{}},
		{"another subject", "Bearer " + token(claims), verified(map[string]string{"sub": "ben"}), admin.Identity{}},
		{"a subject in other letters", "Bearer " + token(claims), verified(map[string]string{"sub": "Ann"}), admin.Identity{}},
		{"no subject in either", "Bearer " + token(`{"groups":["owners"]}`), verified(map[string]string{"sub": ""}), admin.Identity{}},
		{"a subject that is a number", "Bearer " + token(`{"sub":7}`), verified(map[string]string{"sub": "7"}), admin.Identity{}},
		{"a subject that is too long", "Bearer " + token(`{"sub":"`+strings.Repeat("a", 256)+`"}`), verified(map[string]string{"sub": strings.Repeat("a", 256)}), admin.Identity{}},
		{"no header", "", anns, admin.Identity{}},
		{"garbage", "Bearer garbage", anns, admin.Identity{}},
		{"garbage in three parts", "Bearer a.?.c", anns, admin.Identity{}},
		{"no JSON", "Bearer " + token("sub=ann"), anns, admin.Identity{}},
		{"no object", "Bearer " + token(`["ann"]`), anns, admin.Identity{}},
		{"another scheme", "Basic " + token(claims), anns, admin.Identity{}},
		{"two tokens", "Bearer " + token(claims) + ",Bearer " + token(claims), anns, admin.Identity{}},
		{"two tokens and a space", "Bearer " + token(claims) + " " + token(claims), anns, admin.Identity{}},
		{"no sign-in time", "Bearer " + token(`{"sub":"ann"}`), anns, admin.Identity{Subject: "ann"}},
		{"a text as sign-in time", "Bearer " + token(`{"sub":"ann","auth_time":"1764547200"}`), anns, admin.Identity{Subject: "ann"}},
		{"a sign-in time beyond all", "Bearer " + token(`{"sub":"ann","auth_time":1e300}`), anns, admin.Identity{Subject: "ann"}},
		{"a sign-in time in parts of seconds", "Bearer " + token(`{"sub":"ann","auth_time":1764547200.7}`), anns,
			admin.Identity{Subject: "ann", SignedIn: time.Unix(1764547200, 0).UTC()}},
	} {
		for _, name := range []string{"authorization", "Authorization"} {
			event := request(func(e *events.APIGatewayV2HTTPRequest) {
				e.Headers, e.RequestContext.Authorizer = map[string]string{name: tt.header}, tt.from
			})
			if diff := cmp.Diff(tt.want, identity(event, "cognito:groups")); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
	}
}

// TestTheHandlerGetsTheIdentity sends the same event to both kinds of handlers.
func TestTheHandlerGetsTheIdentity(t *testing.T) {
	type key struct{}
	seen := func(_ http.ResponseWriter, r *http.Request) {
		who, ok := r.Context().Value(key{}).(admin.Identity)
		if got := who.Subject; ok != (got == "ann") {
			t.Errorf("subject %q, %t", got, ok)
		}
	}
	event := request(func(e *events.APIGatewayV2HTTPRequest) {
		e.Headers = map[string]string{"authorization": "Bearer " + token(`{"sub":"ann"}`)}
		e.RequestContext.Authorizer = verified(map[string]string{"sub": "ann"})
	})
	calls := 0
	with := func(ctx context.Context, who admin.Identity) context.Context {
		calls++
		return context.WithValue(ctx, key{}, who)
	}
	for _, handle := range []Handle{Authorized(http.HandlerFunc(seen), "groups", with), Public(http.HandlerFunc(seen))} {
		if _, err := handle(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Errorf("%d requests have an identity, want 1", calls)
	}
}
