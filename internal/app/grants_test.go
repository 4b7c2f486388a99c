package app

import (
	"slices"
	"strings"
	"testing"

	"lethe/internal/iam"
)

// notCalled are the permissions that no call of a function in these tests needs, and why they stay. "*" is any role.
var notCalled = []struct{ role, permission, why string }{
	{"*", "logs:CreateLogStream", "Lambda writes a function's log with its role"},
	{"*", "logs:PutLogEvents", "Lambda writes a function's log with its role"},
	{"*", "xray:PutTraceSegments *", "Lambda writes a function's traces with its role"},
	{"*", "xray:PutTelemetryRecords *", "Lambda writes a function's traces with its role"},
	{"WorkRole", "sqs:ReceiveMessage Work", "Lambda polls the queue of a function with its role"},
	{"WorkRole", "sqs:DeleteMessage Work", "Lambda polls the queue of a function with its role"},
	{"WorkRole", "sqs:GetQueueAttributes Work", "Lambda polls the queue of a function with its role"},
	{"StreamRole", "dynamodb:DescribeStream Table.StreamArn", "Lambda reads the stream with the function's role"},
	{"StreamRole", "dynamodb:GetRecords Table.StreamArn", "Lambda reads the stream with the function's role"},
	{"StreamRole", "dynamodb:GetShardIterator Table.StreamArn", "Lambda reads the stream with the function's role"},
	{"StreamRole", "dynamodb:ListStreams Table.StreamArn", "Lambda reads the stream with the function's role"},
	{"StreamRole", "sqs:SendMessage StreamDead", "Lambda reports the batches that it gives up with the function's role"},
	{"TickRole", "lambda:InvokeFunction PurgeFunction", "the role of Scheduler, not of a function"},
	{"TickRole", "sqs:SendMessage PurgeDead", "the role of Scheduler, not of a function"},
	{"ApiRole", "dynamodb:GetItem Ledger", "a scan that ends between two pages of 1,000 certificates reads the last key again"},
	{"WorkRole", "dynamodb:GetItem Ledger", "a scan that ends between two pages of 1,000 certificates reads the last key again"},
}

func staysUncalled(role, permission string) bool {
	for _, n := range notCalled {
		if (n.role == "*" || n.role == role) && (permission == n.permission || n.role == "*" && strings.HasPrefix(permission, n.permission+" ")) {
			return true
		}
	}
	return false
}

// uses are the permissions that calls needed: statements, each with an action.
type uses map[string]bool

// evaluate decides the requests of a role, and adds what allows them.
func (u uses) evaluate(t *testing.T, policies policies, role string, requests []iam.Request) {
	t.Helper()
	for _, r := range requests {
		decision := policies.Decide(role, r)
		if !decision.Allowed {
			t.Errorf("%s may not %s: refused by %v", role, r.Describe(), decision.By)
			continue
		}
		for _, s := range decision.By {
			u[role+" "+s.Where+" "+r.Action] = true
		}
	}
}

// compare reports what the statements of a role allow and no call needed, and reasons that are out of date.
func (u uses) compare(t *testing.T, role string, granted []iam.Statement) {
	t.Helper()
	for _, s := range granted {
		for _, action := range s.Actions {
			permission := action + " " + strings.Join(s.Resources, " ")
			switch needed := u[role+" "+s.Where+" "+action]; {
			case s.Deny:
			case !needed && !staysUncalled(role, permission):
				t.Errorf("%s (%s) may %s, which no call needs", role, s.Where, permission)
			case needed && staysUncalled(role, permission):
				t.Errorf("%s (%s) needs %s: remove it from notCalled", role, s.Where, permission)
			}
		}
	}
}

// TestConditionsLimitWhatTheySeemTo looks for statements that allow, by ForAllValues, calls without partition keys.
func TestConditionsLimitWhatTheySeemTo(t *testing.T) {
	for role, statements := range readPolicies(t).Roles {
		for _, s := range statements {
			if lax := s.Lax(); len(lax) > 0 {
				t.Errorf("%s: %s limits partition keys, and allows %q, which needs none", role, s.Where, lax)
			}
		}
	}
}

// TestRolesRefuse tries what would break a guarantee: history that changes, certificates that vanish, customers that
// the schedule removes.
func TestRolesRefuse(t *testing.T) {
	policies := readPolicies(t)
	functions := []string{"ApiRole", "DashboardRole", "WorkRole", "PurgeRole", "StreamRole", "TickRole"}
	changes := []string{"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete"}
	all := append(slices.Clone(changes), "PartiQLInsert", "GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem", "PartiQLSelect")
	without := func(roles ...string) []string {
		return slices.DeleteFunc(slices.Clone(functions), func(role string) bool { return slices.Contains(roles, role) })
	}
	for _, tt := range []struct {
		name     string
		roles    []string
		actions  []string
		resource string
		keys     []string
	}{
		{"a certificate changes", functions, changes, "Ledger", []string{"C#1"}},
		{"a block of the ledger changes", functions, changes, "Ledger", []string{"L#1"}},
		{"another function certifies", without("WorkRole"), []string{"PartiQLInsert"}, "Ledger", []string{"L#1"}},
		{"the log of a customer changes", without("StreamRole"), changes, "Table", []string{"A#1"}},
		{"the log of a customer changes in a batch", without("StreamRole"), changes, "Table", []string{"C#1", "A#1"}},
		{"an entry of a log vanishes", []string{"StreamRole"}, []string{"DeleteItem", "UpdateItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete"}, "Table", []string{"A#1"}},
		{"the log of what changes no customer changes", functions, changes, "Table", []string{"L#2026-12-01#0"}},
		{"the log of what changes no customer changes in a batch", functions, changes, "Table", []string{"P", "L#2026-12-01#0"}},
		{"another function writes the log of what changes no customer", without("ApiRole"), []string{"PartiQLInsert"}, "Table", []string{"L#2026-12-01#0"}},
		{"function api inserts anything else", []string{"ApiRole"}, []string{"PartiQLInsert", "PartiQLUpdate"}, "Table", []string{"C#1"}},
		{"totals change", without("StreamRole"), changes, "Table", []string{"P#totals#1"}},
		{"the schedule removes a customer", []string{"PurgeRole"}, []string{"DeleteItem", "BatchWriteItem", "PutItem", "PartiQLDelete"}, "Table", []string{"C#1"}},
		{"the schedule removes a customer with its lease", []string{"PurgeRole"}, []string{"DeleteItem"}, "Table", []string{"P", "C#1"}},
		{"the stream removes a customer", []string{"StreamRole"}, []string{"DeleteItem", "UpdateItem", "BatchWriteItem", "PartiQLDelete"}, "Table", []string{"C#1"}},
		{"the stream changes settings", []string{"StreamRole"}, changes, "Table", []string{"P"}},
		{"the stream changes operations", []string{"StreamRole"}, changes, "Table", []string{"O#1"}},
		{"the stream reads all", []string{"StreamRole", "PurgeRole"}, []string{"Scan", "PartiQLSelect"}, "Table", nil},
		{"the dashboard reads or writes", []string{"DashboardRole", "TickRole"}, all, "Table", []string{"C#1"}},
		{"the dashboard reads or writes certificates", []string{"DashboardRole", "TickRole"}, all, "Ledger", []string{"C#1"}},
		{"certificates are read without need", []string{"PurgeRole", "StreamRole"}, []string{"Scan", "GetItem", "BatchGetItem"}, "Ledger", []string{"C#1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, role := range tt.roles {
				for _, action := range tt.actions {
					r := iam.Request{Action: "dynamodb:" + action, Resource: tt.resource, Keys: map[string][]string{iam.LeadingKeys: tt.keys}}
					if decision := policies.Decide(role, r); decision.Allowed {
						t.Errorf("%s may %s, by %v", role, r.Describe(), decision.By)
					}
				}
			}
		})
	}
	tables := iam.Request{Action: "dynamodb:DeleteTable", Resource: "Table"}
	for _, role := range functions {
		if policies.Decide(role, tables).Allowed {
			t.Errorf("%s may delete the table", role)
		}
	}
}

// TestTheLedgerRefusesEverybody gives a role every permission: the ledger's own policy leaves it only insertions that fail on a key
// that exists.
func TestTheLedgerRefusesEverybody(t *testing.T) {
	policies := readPolicies(t)
	policies.Roles["Owner"] = []iam.Statement{{Where: "all", Actions: []string{"*"}, Resources: []string{"*"}}}
	for _, action := range []string{"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete"} {
		r := iam.Request{Action: "dynamodb:" + action, Resource: "Ledger", Keys: map[string][]string{iam.LeadingKeys: {"L#1"}}}
		if by := policies.Decide("Owner", r).By; len(by) != 1 || !by[0].Deny {
			t.Errorf("an owner may %s, by %v", r.Describe(), by)
		}
		r.Resource = "Table"
		if !policies.Decide("Owner", r).Allowed {
			t.Errorf("an owner may not %s", r.Describe())
		}
	}
	insert := iam.Request{Action: "dynamodb:PartiQLInsert", Resource: "Ledger", Keys: map[string][]string{iam.LeadingKeys: {"L#1"}}}
	if !policies.Decide("Owner", insert).Allowed {
		t.Error("nobody can certify")
	}
}

// TestDenyWins removes the statements that deny from roles. Each may then delete an entry of a log, so the statements are what
// refuses it.
func TestDenyWins(t *testing.T) {
	policies := readPolicies(t)
	deleteLog := iam.Request{Action: "dynamodb:DeleteItem", Resource: "Table", Keys: map[string][]string{iam.LeadingKeys: {"A#1"}}}
	for _, role := range []string{"ApiRole", "WorkRole"} {
		if by := policies.Decide(role, deleteLog).By; len(by) != 1 || !by[0].Deny {
			t.Errorf("%s is not denied the deletion of an entry: %v", role, by)
		}
		policies.Roles[role] = slices.DeleteFunc(policies.Roles[role], func(s iam.Statement) bool { return s.Deny })
		if !policies.Decide(role, deleteLog).Allowed {
			t.Errorf("%s may not delete an entry even without the statements that deny", role)
		}
	}
}
