package web

import (
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// NewOperation is an action on many customers.
type NewOperation struct {
	Action    string    `json:"action" enum:"delete,restore,purge,block,unblock,redate,undo,replay,fsck" doc:"redate gives customers in the trash the purge time of the retention in force. undo restores the customers that an operation deleted, if they are still deleted by it. replay is for a restored backup: it purges the customers again that have a certificate, and needs the selection ledger. fsck checks the raw tables while it is planned: its items are the broken rules. Applying it repairs what is still broken and can be repaired."`
	Selection Selection `json:"selection" doc:"Exactly one of ids, filter, trash, operation, ledger and tables."`
	Notice    string    `json:"notice,omitempty" maxLength:"40" doc:"With redate: the shortest time from applying the plan to a purge that the plan brings forward. If left out, P1D. PT0S gives no notice." example:"P1D"`
	Reason
}

// Selection selects customers.
type Selection struct {
	IDs       []string `json:"ids,omitempty" maxItems:"5000" doc:"The ids of customers. An empty list selects no customer."`
	Filter    *Filter  `json:"filter,omitempty" doc:"All customers that match, not only those on the pages that you have read."`
	Trash     bool     `json:"trash,omitempty" doc:"All customers in the trash."`
	Tables    bool     `json:"tables,omitempty" doc:"With fsck only: all items in the tables."`
	Operation string   `json:"operation,omitempty" maxLength:"64" doc:"The id of an operation: the customers that it changed."`
	Ledger    bool     `json:"ledger,omitempty" doc:"With replay: all customers that exist although the ledger has a certificate of their purge."`
	Exclude   []string `json:"exclude,omitempty" maxItems:"1000" doc:"The ids of customers to leave out of filter or trash. The selection must include each of them when the operation is created: INVALID names the others, by index and id. If the search does not find one of them, the planning fails, and why names it. A customer that leaves the selection later is left out as well."`
}

// Filter selects the customers that match all of its fields. An empty filter is refused.
type Filter struct {
	State   string `json:"state,omitempty" enum:"active,deleted" doc:"If left out, active. If it is the only field, the filter selects all customers in this state."`
	Search  string `json:"search,omitempty" maxLength:"400" doc:"The same as search in POST /v1/customers/search."`
	Blocked *bool  `json:"blocked,omitempty" doc:"Only customers that are blocked, or only those that are not."`
}

func (n NewOperation) request() (operations.Request, error) {
	r := operations.Request{Action: n.Action, Notice: customer.PeriodOf(operations.Notice), Selection: operations.Selection{
		IDs: n.Selection.IDs, Trash: n.Selection.Trash, Operation: n.Selection.Operation, Ledger: n.Selection.Ledger, Tables: n.Selection.Tables,
		Exclude: n.Selection.Exclude,
	}}
	if f := n.Selection.Filter; f != nil {
		r.Selection.Filter = &operations.Filter{State: customer.State(f.State), Search: f.Search, Blocked: f.Blocked}
	}
	if n.Notice == "" {
		return r, nil
	}
	var err error
	r.Notice, err = period("notice", n.Notice)
	return r, err
}

// Approval applies a plan.
type Approval struct {
	Digest       string `json:"digest" maxLength:"64" doc:"The digest of the plan that you have reviewed."`
	Acknowledged bool   `json:"acknowledged" doc:"Must be true: you have reviewed the impact and understand the consequences."`
	OnBlocked    string `json:"onBlocked,omitempty" enum:"skip,fail" doc:"skip, the default, does not change the customers that the rules refuse. fail applies the plan only if the rules refuse none."`
}

// SecondApproval approves a plan that waits for a second administrator.
type SecondApproval struct {
	Digest string `json:"digest" maxLength:"64" doc:"The digest of the plan that you have reviewed."`
}
