package iam

import (
	"slices"
	"strings"
	"testing"
)

// small has each form that the package knows.
const small = `
Resources:
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      ResourcePolicy:
        PolicyDocument:
          Statement: [{ Sid: x, Effect: Deny, Principal: "*", Action: [dynamodb:Put*], Resource: "*" }]
  Base:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - Effect: Deny
            Action: dynamodb:DeleteItem
            Resource: !GetAtt Table.Arn
            Condition: { ForAnyValue:StringLike: { dynamodb:LeadingKeys: ["A#*"] } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref Base]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement:
              - { Effect: Allow, Action: [dynamodb:DeleteItem, dynamodb:Scan], Resource: !GetAtt Table.Arn, Condition: { ForAllValues:StringLike: { dynamodb:LeadingKeys: ["A#*", "B#?"] } } }
              - { Effect: Allow, Action: dynamodb:Query, Resource: [!Sub "${Table.Arn}/index/*", !GetAtt Ledger.Arn] }
              - { Effect: Allow, Action: dynamodb:PutItem, Resource: "*" }
              - { Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Table.Arn, Condition: { ForAllValues:StringEquals: { DynamoDB:LeadingKeys: P }, "Null": { dynamodb:LeadingKeys: "false" } } }
  Other: { Type: AWS::IAM::Role }
`

func read(t *testing.T, template string) Policies {
	t.Helper()
	policies, err := Read([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	return policies
}

func TestDecide(t *testing.T) {
	t.Parallel()
	policies := read(t, small)
	for _, tt := range []struct {
		name, role, action, resource string
		keys                         []string
		by                           string // the statements that decide
		allowed                      bool
	}{
		{"pattern", "Role", "dynamodb:DeleteItem", "Table", []string{"B#1"}, "[Role own 0]", true},
		{"letters of an action", "Role", "DynamoDB:deleteitem", "Table", []string{"B#1"}, "[Role own 0]", true},
		{"a question mark is one character", "Role", "dynamodb:DeleteItem", "Table", []string{"B#12"}, "[]", false},
		{"all values must match", "Role", "dynamodb:DeleteItem", "Table", []string{"B#1", "C#1"}, "[]", false},
		{"letters of a key", "Role", "dynamodb:DeleteItem", "Table", []string{"b#1"}, "[]", false},
		{"a denial wins over the same statement", "Role", "dynamodb:DeleteItem", "Table", []string{"A#1"}, "[Base 0]", false},
		{"a denial needs one value", "Role", "dynamodb:DeleteItem", "Table", []string{"B#1", "A#1"}, "[Base 0]", false},
		{"ForAllValues holds without values", "Role", "dynamodb:Scan", "Table", nil, "[Role own 0]", true},
		{"another table", "Role", "dynamodb:DeleteItem", "Ledger", []string{"B#1"}, "[]", false},
		{"an index is not its table", "Role", "dynamodb:Query", "Table", []string{"x"}, "[]", false},
		{"any index", "Role", "dynamodb:Query", "Table/index/lists", []string{"x"}, "[Role own 1]", true},
		{"second resource", "Role", "dynamodb:Query", "Ledger", []string{"x"}, "[Role own 1]", true},
		{"any resource", "Role", "dynamodb:PutItem", "Table", []string{"x"}, "[Role own 2]", true},
		{"a table's policy denies", "Role", "dynamodb:PutItem", "Ledger", []string{"x"}, "[Ledger policy 0]", false},
		{"two conditions", "Role", "dynamodb:GetItem", "Table", []string{"P"}, "[Role own 3]", true},
		{"the second condition fails", "Role", "dynamodb:GetItem", "Table", nil, "[]", false},
		{"equal is no pattern", "Role", "dynamodb:GetItem", "Table", []string{"P#"}, "[]", false},
		{"another role", "Other", "dynamodb:PutItem", "Table", []string{"x"}, "[]", false},
		{"no role", "Nobody", "dynamodb:PutItem", "Table", []string{"x"}, "[]", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := Request{Action: tt.action, Resource: tt.resource}
			if tt.keys != nil {
				r.Keys = map[string][]string{LeadingKeys: tt.keys}
			}
			got := policies.Decide(tt.role, r)
			if by := names(got.By); got.Allowed != tt.allowed || by != tt.by {
				t.Errorf("allowed %v by %s, want %v by %s", got.Allowed, by, tt.allowed, tt.by)
			}
		})
	}
}

func names(statements []Statement) string {
	var all []string
	for _, s := range statements {
		all = append(all, s.Where)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func TestLaxNamesWhatNeedsNoKey(t *testing.T) {
	t.Parallel()
	statements := read(t, small).Roles["Role"]
	for i, want := range [][]string{{"dynamodb:Scan"}, nil, nil, nil, nil} {
		if got := statements[i].Lax(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", statements[i].Where, got, want)
		}
	}
}

func TestUnknownFormsAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, new, want string }{
		{"element", "Effect: Allow, Action: dynamodb:PutItem", "Effect: Allow, NotAction: dynamodb:PutItem", "Role own 2: element NotAction is not known"},
		{"effect", "Effect: Allow, Action: dynamodb:PutItem", "Effect: Perhaps, Action: dynamodb:PutItem", `effect "Perhaps"`},
		{"operator", "ForAllValues:StringEquals", "ForAllValues:StringEqualsIgnoreCase", "operator ForAllValues:StringEqualsIgnoreCase"},
		{"operator that YAML takes for nothing", `"Null":`, "Null:", "operator Null is not known"},
		{"condition without a key", `Condition: { ForAnyValue:StringLike: { dynamodb:LeadingKeys: ["A#*"] } }`, "Condition: { ForAnyValue:StringLike: {} }", "compares nothing"},
		{"no action", "Effect: Allow, Action: dynamodb:PutItem,", "Effect: Allow,", "it needs Action and Resource"},
		{"resource by ARN", `dynamodb:PutItem, Resource: "*"`, "dynamodb:PutItem, Resource: arn:aws:dynamodb:x", `resource "arn:aws:dynamodb:x"`},
		{"resource of two parts", `!Sub "${Table.Arn}/index/*"`, `!Sub "${Table.Arn}/${Ledger.Arn}"`, "resource"},
		{"action by parameter", "Action: dynamodb:PutItem, Resource", "Action: !Ref Action, Resource", "must be a text"},
		{"principal", `Principal: "*"`, "Principal: me", `principal "me"`},
		{"principal of a role's policy", "Effect: Allow, Action: dynamodb:PutItem", `Effect: Allow, Principal: "*", Action: dynamodb:PutItem`, `principal "*"`},
		{"managed policy of AWS", "[!Ref Base]", "[arn:aws:iam::aws:policy/x]", "is not a managed policy of the template"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(small, tt.old, tt.new, 1)
			if changed == small {
				t.Fatalf("the template has no %q", tt.old)
			}
			if _, err := Read([]byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
}
