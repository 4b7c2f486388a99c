package iam

import (
	"regexp"
	"slices"
	"strings"
)

// Request is what AWS checks at a call: an action on a resource. A call may need several.
type Request struct {
	Action   string // dynamodb:PutItem
	Resource string // Table, Table/index/lists
	// Keys has the values of the condition keys, by their names in lower case. A key that is missing is not part of the call.
	Keys map[string][]string
}

// LeadingKeys is the condition key for the partition keys of a call's items.
const LeadingKeys = "dynamodb:leadingkeys"

// Decision is whether a request is allowed.
type Decision struct {
	Allowed bool
	// By are the statements that decide: those that allow it, or the one that denies it. Without any, nothing allows it.
	By []Statement
}

// Decide evaluates a request of a role. A statement that denies it wins over all that allow it, also if it is the table's.
func (p Policies) Decide(role string, r Request) Decision {
	table, _, _ := strings.Cut(r.Resource, "/")
	var allowing []Statement
	for _, s := range slices.Concat(p.Roles[role], p.Tables[table]) {
		switch {
		case !s.matches(r):
		case s.Deny:
			return Decision{By: []Statement{s}}
		default:
			allowing = append(allowing, s)
		}
	}
	return Decision{Allowed: len(allowing) > 0, By: allowing}
}

func (s Statement) matches(r Request) bool {
	return anyMatches(s.Actions, r.Action, strings.ToLower) && anyMatches(s.Resources, r.Resource, unchanged) &&
		!slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !c.holds(r) })
}

func (c Condition) holds(r Request) bool {
	return compare[c.Operator](r.Keys[c.Key], c.Values)
}

// compare has the operators of conditions: whether a key's values meet the patterns. As AWS documents it, ForAllValues holds for a
// key without values, and ForAnyValue doesn't. So a statement that allows with ForAllValues also allows calls that lack the key:
// see Lax.
var compare = map[string]func(values, patterns []string) bool{
	"ForAllValues:StringEquals": func(values, patterns []string) bool { return all(values, patterns, equal) },
	"ForAllValues:StringLike":   func(values, patterns []string) bool { return all(values, patterns, like) },
	"ForAnyValue:StringEquals":  func(values, patterns []string) bool { return some(values, patterns, equal) },
	"ForAnyValue:StringLike":    func(values, patterns []string) bool { return some(values, patterns, like) },
	"Null":                      func(values, patterns []string) bool { return (len(values) == 0) == (patterns[0] == "true") },
}

func all(values, patterns []string, meets func(value, pattern string) bool) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return !some([]string{v}, patterns, meets) })
}

func some(values, patterns []string, meets func(value, pattern string) bool) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return meets(v, p) })
	})
}

func equal(value, pattern string) bool { return value == pattern }

// like compares with a pattern in which * is any text and ? any character.
func like(value, pattern string) bool {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("(?s)^" + quoted + "$").MatchString(value)
}

func anyMatches(patterns []string, value string, fold func(string) string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return like(fold(value), fold(p)) })
}

func unchanged(text string) string { return text }

// keyed are the actions with partition keys in every call: DynamoDB refuses one without a key before it looks at permissions.
var keyed = []string{
	"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem",
	"dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
}

// Lax returns the actions that the statement allows without the limits that its conditions seem to set: it compares the partition
// keys of calls that may have none, such as a scan.
func (s Statement) Lax() []string {
	compares := func(c Condition) bool { return strings.HasPrefix(c.Operator, "ForAllValues:") }
	if s.Deny || !slices.ContainsFunc(s.Conditions, compares) {
		return nil
	}
	var lax []string
	for _, action := range s.Actions {
		if !slices.Contains(keyed, action) {
			lax = append(lax, action)
		}
	}
	return lax
}
