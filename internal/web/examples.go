package web

import (
	"encoding/json"
	"time"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/ledger"
	"lethe/internal/operations"
)

// The examples in the OpenAPI document and in /docs. A test validates them with the schemas.
var (
	exampleTime = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

	exampleProfile = Profile{
		Organisation: "Alfreds Futterkiste", FirstName: "Maria", LastName: "Anders",
		Email: "maria@example.com", Phone: "030-0074321", Push: true, Consents: map[string]bool{"newsletter": true},
	}
	exampleNewCustomer = NewCustomer{ID: "ALFKI", Profile: exampleProfile}
	exampleListed      = ListedCustomer{
		ID: "ALFKI", Version: 1, State: "active", Created: &exampleTime, Links: linksOf("ALFKI", "active"), Profile: exampleProfile,
	}
	exampleCustomer     = Customer{ListedCustomer: exampleListed, Records: map[string]int64{"invoice": 6}, Holds: []Hold{}}
	exampleCustomerPage = CustomerPage{Customers: []ListedCustomer{exampleListed}, NextCursor: "eyJ2IjoxfQ"}
	exampleSearch       = Search{Search: "alfreds mar", State: "active", Limit: 50}
	examplePatch        = map[string]any{"phone": nil, "consents": map[string]any{"newsletter": false}}

	exampleReason  = Reason{Reason: "asked by phone", ReasonCode: "erasure_request"}
	exampleRestore = Restore{Reason: Reason{Reason: "deleted by mistake"}}
	examplePurge   = Purge{Confirm: "ALFKI", Reason: Reason{Reason: "ticket 2026-114", ReasonCode: "erasure_request"}}
	examplePurging = Purging{ID: "ALFKI", State: "purging", Certificate: certificatePath("ALFKI")}

	exampleDeletion = &Deletion{
		ID: "x4k2qdcl6rnhsyjc7bqzv5mtge", Time: exampleTime, By: "demo-owner", Reason: "asked by phone", ReasonCode: "erasure_request",
		PurgeTime: new(exampleTime.AddDate(0, 0, 30)), DaysLeft: new(30),
	}
	exampleTrashed   = trashed(exampleListed)
	exampleDeleted   = Customer{ListedCustomer: exampleTrashed, Records: exampleCustomer.Records, Holds: []Hold{}}
	exampleTrashPage = CustomerPage{Customers: []ListedCustomer{briefly(exampleTrashed)}}

	exampleBlocked    = blocked(exampleCustomer)
	exampleHoldReason = Reason{Reason: "lawsuit pending"}
	exampleHeld       = held(exampleCustomer)

	exampleNewRecord = NewRecord{Kind: "invoice", ID: "10248", Data: exampleData}
	exampleRecord    = Record{
		Key: "invoice~10248", Kind: "invoice", ID: "10248", Data: exampleData, Created: exampleTime, By: "demo-owner",
	}
	exampleData       = Data(json.RawMessage(`{"orderDate":"1996-07-04","freight":"32.38"}`))
	exampleRecordPage = RecordPage{Records: []Record{exampleRecord}}

	exampleKinds = []Kind{
		{Name: "invoice", Policy: "retain", Keep: []string{"orderDate", "freight"}, KeepFor: "P3650D"},
		{Name: "ticket", Policy: "cascade"},
	}
	exampleMe = Me{
		Subject: "demo-support", Name: "Inês Duarte", Groups: []string{"support"}, Permissions: []string{"customers.read", "customers.write", "message"},
		SignedInAt: &exampleTime, FreshUntil: new(exampleTime.Add(admin.FreshFor)),
	}
	exampleGrants = []Grant{
		{"privacy", []string{"customers.read", "delete", "restore", "purge", "bulk", "hold", "audit", "approve"}},
		{"support", []string{"customers.read", "customers.write", "message"}},
	}
	exampleAccess = Access{
		Version: 5, Groups: exampleGrants, FourEyes: FourEyes{new(100), true}, AdminGroup: "owners", Changed: &Changed{exampleTime, "demo-owner"},
	}
	exampleNewAccess   = NewAccess{Version: new(int64(4)), Groups: exampleGrants, FourEyes: FourEyes{new(100), true}}
	exampleSuspended   = Suspended{"demo-leaver"}
	exampleSuspensions = Suspensions{[]Suspension{{"demo-leaver", exampleTime, "demo-owner"}}}
	exampleSettings    = Settings{Version: 3, Retention: "P30D", Kinds: exampleKinds, Changed: &Changed{exampleTime, "demo-owner"}}
	exampleNewSettings = NewSettings{Version: new(int64(2)), Retention: "P30D", Kinds: exampleKinds}
	examplePreview     = Preview{Retention: "P7D"}
	exampleForecast    = Forecast{
		InTrash: 12, Held: 1, DueNow: 3, DueDay: 2, DueWeek: 6, Earliest: new(exampleTime.Add(time.Hour)), Complete: true,
		Days: []DueDay{{"2026-11-21", 1}, {"2026-11-22", 1}, {"2026-11-27", 6}},
	}

	exampleCertificate = ledger.Certificate{
		Format: 1, Chain: 0, Seq: 17, Previous: exampleDigest, Hash: "c71e7d0ca090eda15edad263933b1dbf8e0c6cd1c5512ae465dabb547850187f",
		Customer: "ALFKI", DeletionID: exampleDeletion.ID, DeletedAt: exampleTime, DeletedBy: "demo-owner",
		PurgedAt: exampleTime.AddDate(0, 0, 30), PurgedBy: "schedule",
		Policies: map[string]string{"invoice": "retain", "ticket": "cascade"},
		Erased:   map[string]int64{"ticket": 2}, Retained: map[string]int64{"invoice": 6},
	}
	exampleCertificatePage = CertificatePage{Certificates: []ledger.Certificate{exampleCertificate}}
	exampleCheckpoint      = ledger.Checkpoint{Time: exampleTime, Heads: []ledger.Head{{Chain: 0, Seq: 21, Hash: exampleDigest}, {Chain: 1, Seq: 0, Hash: ledger.Origin}}}
	exampleAuditPage       = AuditPage{Entries: []Entry{
		{Time: exampleTime, By: "demo-owner", Action: string(customer.ActionDeleted), Reason: "asked by phone", ReasonCode: "erasure_request"},
		{Time: exampleTime.Add(-time.Hour), By: "demo-owner", Action: string(customer.ActionUpdated), Fields: []string{"phone", "consents"}},
	}}
	exampleAuditSearch = AuditSearch{Day: "2026-11-21", Action: string(audit.Refused), Limit: 50}
	exampleLogPage     = LogPage{Entries: []LogEntry{
		{Time: exampleTime, By: "demo-support", Action: string(audit.Refused), Subject: "purge-customer", Fields: []string{"purge"}, RequestID: "q6u2m4yhsnnhzfqk3zqg2ivbxa"},
	}}
	exampleNewOperation   = NewOperation{Action: "delete", Selection: Selection{Filter: &Filter{Search: "trial"}, Exclude: []string{"ALFKI"}}, Reason: Reason{Reason: "trials that ended", ReasonCode: "inactive"}}
	exampleProposalDigest = ProposalDigest{Digest: exampleDigest}
	exampleSecondApproval = SecondApproval{Digest: exampleDigest}
	exampleApproval       = Approval{Digest: exampleDigest, Acknowledged: true, OnBlocked: "skip"}
	examplePlanned        = Operation{
		ID: exampleDeletion.ID, Action: "delete", State: "READY", By: "demo-owner", Reason: "trials that ended", ReasonCode: "inactive", Created: exampleTime,
		Planned: &exampleTime, Expires: new(exampleTime.Add(24 * time.Hour)), Digest: exampleDigest,
		Impact: Impact{
			Customers: 412, Eligible: 409, Blocked: map[string]int{"ON_HOLD": 3}, Records: map[string]int64{"ticket": 1204},
			RestoreUntil: new(exampleTime.AddDate(0, 0, 30)),
		},
		Progress: Progress{Left: 412, Codes: map[string]int{}}, Estimate: usageOf(bulk.Usage{Requests: 20, WriteUnits: 1227, ReadUnits: 3}, operations.Overhead{Requests: 420, WriteUnits: 1649, ReadUnits: 11, QueueRequests: 3, Invocations: 6}),
		Links: exampleItemLinks,
	}
	exampleEnded         = endedOf(examplePlanned)
	exampleItemLinks     = ItemLinks{operationPath(exampleDeletion.ID) + "/items", operationPath(exampleDeletion.ID) + "/items.csv"}
	exampleOperationPage = OperationPage{Operations: []Operation{exampleEnded}}
	exampleItemPage      = ItemPage{Items: []Item{{Customer: "ANATR", Outcome: "done"}, {Customer: "AROUT", Outcome: "skipped", Code: "ON_HOLD"}}}
	exampleDigest        = "5f8a7c0d5d0e5a3a2f7b1b0c9e8d7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"

	exampleTotals      = Totals{Active: 89, Trash: 2, Purged: 1}
	exampleTotalsByDay = TotalsByDay{[]DayTotals{{"2026-11-29", 4, 0, 0, 0}, {"2026-11-30", 1, 3, 1, 1}}}
)

func trashed(c ListedCustomer) ListedCustomer {
	c.State, c.Version, c.Deletion, c.Links = "deleted", 2, exampleDeletion, linksOf(c.ID, "deleted")
	return c
}

// briefly returns a customer as the list of deleted customers shows it.
func briefly(c ListedCustomer) ListedCustomer {
	d := *c.Deletion
	d.Reason = ""
	c.Created, c.Deletion = nil, &d
	return c
}

func endedOf(o Operation) Operation {
	o.State, o.Applied, o.Ended, o.OnBlocked = "PARTIAL", new(exampleTime.Add(time.Minute)), new(exampleTime.Add(2*time.Minute)), "skip"
	o.AppliedBy = "demo-owner"
	o.Progress = Progress{Done: 408, Skipped: 4, Codes: map[string]int{"ON_HOLD": 3, "CHANGED": 1}}
	o.Actual = usageOf(bulk.Usage{Requests: 21, WriteUnits: 1262, ReadUnits: 4}, operations.Overhead{Requests: 419, WriteUnits: 1645, ReadUnits: 11, QueueRequests: 3, Invocations: 6})
	o.Impact.RestoreUntil = nil
	return o
}

func blocked(c Customer) Customer {
	c.Version, c.Blocked = 2, true
	return c
}

func held(c Customer) Customer {
	c.Version, c.Held = 2, true
	c.Holds = []Hold{{ID: "case-2026-17", By: "demo-owner", Reason: "lawsuit pending", Time: exampleTime}}
	return c
}

func exampleProblem(t *problemType) Problem {
	p := Problem{
		Type: t.href(), Title: t.title, Status: t.status, Detail: t.detail, Code: string(t.code), RequestID: "q6u2m4yhsnnhzfqk3zqg2ivbxa",
	}
	switch t {
	case invalid:
		p.Errors = []FieldProblem{{"email", "is not an e-mail address such as ann@example.com"}}
	case malformed:
		p.Errors = []FieldProblem{{"body", "unexpected end of JSON input"}}
	case hasDependents:
		p.Blocking = blocking("ALFKI", map[string]int64{"invoice": 6})
	case onHold:
		p.Holds = []string{"case-2026-17"}
	case emailTaken:
		p.Owner = &Owner{ID: "ALFKI", State: "deleted", Links: linksOf("ALFKI", "deleted")}
	case purged:
		p.Certificate = &exampleCertificate
	case forbidden:
		p.Permission = string(admin.Purge)
	case staleSignIn:
		p.MaxAge = maxAge
	}
	return p
}

var exampleImport = Import{
	Lines: 91, Created: 88, Existing: 1, Failed: 2,
	Errors: []LineError{
		{Line: 8, Code: "MALFORMED", Problem: "has 12 columns, and the header has 11; put a value that contains the delimiter in quotes"},
		{Line: 15, Code: "INVALID", Field: "email", Problem: "is not an e-mail address such as ann@example.com"},
	},
	Found:         []Found{{Line: 5, Customer: "ANATR", State: "active", Data: "different", Differs: []string{"phone"}}},
	MappedColumns: []MappedColumn{{"E-Mail Address", "email"}}, IgnoredColumns: []string{"fax"},
}

const (
	exampleCertificatesNDJSON = `{"format":1,"chain":0,"seq":17,"previous":"5f8a…","customer":"ALFKI",…,"residue":0,"hash":"57e4…"}` + "\n"

	exampleLogCSV    = "time,by,approvedBy,action,customer,operation,reason,reasonCode,subject,fields,requestId\n2026-11-21T09:30:00Z,demo-support,,request.refused,,,,,purge-customer,purge,q6u2m4yhsnnhzfqk3zqg2ivbxa\n"
	exampleLogNDJSON = `{"time":"2026-11-21T09:30:00Z","by":"demo-support","action":"request.refused","subject":"purge-customer","fields":["purge"],"requestId":"q6u2m4yhsnnhzfqk3zqg2ivbxa"}` + "\n"

	exampleItemsCSV        = "customer,outcome,code\nANATR,done,\nAROUT,skipped,ON_HOLD\n"
	exampleCustomersCSV    = "id,organisation,name,email,phone,consent.newsletter\nALFKI,Alfreds Futterkiste,Maria Anders,maria@example.com,030-0074321,yes\n"
	exampleCustomersNDJSON = `{"id":"ALFKI","organisation":"Alfreds Futterkiste","email":"maria@example.com"}` + "\n"
	exampleRecordsCSV      = "customer,kind,id,orderDate,freight\nALFKI,invoice,10643,1997-08-25,29.46\n"
	exampleRecordsNDJSON   = `{"customer":"ALFKI","key":"invoice~10643","data":{"orderDate":"1997-08-25"}}` + "\n"
)
