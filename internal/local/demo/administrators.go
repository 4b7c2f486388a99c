package demo

// Administrator is someone who can sign in to the demo.
type Administrator struct {
	ID      string // short name, for programs
	Subject string // in tokens and in the audit log
	Name    string
	Groups  []string
	// May says in words what the groups may do.
	May       string
	Suspended bool
}

// Owner is the ID of the administrator who may do everything.
const Owner = "owner"

// Administrators are the people of the demo, one of each kind.
var Administrators = []Administrator{
	{ID: Owner, Subject: "demo-owner", Name: "Ada Brandt", Groups: []string{"owners"}, May: "Everything: settings, permissions and purges too"},
	{ID: "support", Subject: "demo-support", Name: "Inês Duarte", Groups: []string{"support"}, May: "Support: reads, changes and blocks customers"},
	{ID: "privacy", Subject: "demo-privacy", Name: "Jun Watanabe", Groups: []string{"privacy"}, May: "Privacy: deletes, restores, purges, holds, approves"},
	{ID: "auditor", Subject: "demo-auditor", Name: "Tomás Rey", Groups: []string{"auditors"}, May: "Audit: reads customers, the log and certificates"},
	{ID: "leaver", Subject: "demo-leaver", Name: "Mira Holm", Groups: []string{"support"}, May: "Sees what a suspension looks like", Suspended: true},
}
