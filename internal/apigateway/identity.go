package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/admin"
)

// identity returns what the token of a request says, zero if the request has none. The gateway's authorizer has verified
// the token, and nothing is verified here.
//
// The authorizer's own claims show an array of groups as "[a b]", where a group "x admin" can't be told from two groups.
// So the groups are read from the token's payload. A payload that is not the one of the authorizer's subject is not used.
func identity(event events.APIGatewayV2HTTPRequest, groupsClaim string) admin.Identity {
	authorizer := event.RequestContext.Authorizer
	if authorizer == nil || authorizer.JWT == nil {
		return admin.Identity{}
	}
	claims := payload(authorization(event.Headers))
	subject := stringOf(claims["sub"])
	if !admin.ValidSubject(subject) || subject != authorizer.JWT.Claims["sub"] {
		return admin.Identity{}
	}
	return admin.Identity{
		Subject: subject, Name: stringOf(claims["name"]), Groups: groupsOf(claims[groupsClaim]), SignedIn: timeOf(claims["auth_time"]),
	}
}

func authorization(headers map[string]string) string {
	for name, value := range headers {
		if strings.EqualFold(name, "Authorization") {
			return value
		}
	}
	return ""
}

// payload decodes the claims of the token in an Authorization header, nil if it has no single token. Like the authorizer, it
// takes a token with and without the word Bearer.
func payload(header string) map[string]json.RawMessage {
	token := header
	if scheme, rest, found := strings.Cut(header, " "); found && strings.EqualFold(scheme, "Bearer") {
		token = rest
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || strings.ContainsAny(token, " ,") {
		return nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims map[string]json.RawMessage
	if json.Unmarshal(text, &claims) != nil {
		return nil
	}
	return claims
}

func stringOf(claim json.RawMessage) string {
	var text string
	if json.Unmarshal(claim, &text) != nil {
		return ""
	}
	return text
}

// groupsOf returns the groups of a claim: an array of names, or one name. Names that the rules can't map are left out.
func groupsOf(claim json.RawMessage) []string {
	var list []any
	if json.Unmarshal(claim, &list) != nil {
		list = []any{stringOf(claim)}
	}
	var groups []string
	for _, each := range list {
		if name, ok := each.(string); ok && admin.ValidGroup(name) && !slices.Contains(groups, name) {
			groups = append(groups, name)
		}
	}
	return groups
}

// timeOf returns the time of a claim in seconds since 1970, zero if it can't be read.
func timeOf(claim json.RawMessage) time.Time {
	var seconds float64
	if json.Unmarshal(claim, &seconds) != nil || seconds <= 0 || seconds > math.MaxInt32<<8 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}
