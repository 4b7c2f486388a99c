package web

import (
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// NewOperation is something to be done to many customers.
type NewOperation struct {
	Action    string    `json:"action" enum:"delete,restore,purge,block,unblock,redate,undo,replay,fsck" doc:"redate gives customers in the trash the purge times that the retention in force means for them. undo restores what an operation deleted, as far as it is still so. replay purges again, after a backup was restored, whom the ledger says to be gone: with the selection ledger, and no other. fsck checks the raw tables while it is planned: its items are what no rule allows. Applied, it repairs what is still so and can be repaired."`
	Selection Selection `json:"selection" doc:"Exactly one of ids, filter, trash, operation, ledger and tables."`
	Notice    string    `json:"notice,omitempty" maxLength:"40" doc:"With redate: nobody is purged earlier than this after the plan is applied, who would not have been anyhow; P1D if left out. PT0S gives no notice." example:"P1D"`
	Reason
}

// Selection says which customers.
type Selection struct {
	IDs       []string `json:"ids,omitempty" maxItems:"5000" doc:"Of customers. None means nobody."`
	Filter    *Filter  `json:"filter,omitempty" doc:"All customers that match, also those on no page that anybody has seen."`
	Trash     bool     `json:"trash,omitempty" doc:"Everybody in the trash."`
	Tables    bool     `json:"tables,omitempty" doc:"With fsck, and no other action: all that is in the tables."`
	Operation string   `json:"operation,omitempty" maxLength:"64" doc:"Those that this operation was done to."`
	Ledger    bool     `json:"ledger,omitempty" doc:"With replay: everybody who is there though the ledger has a certificate of their purge."`
	Exclude   []string `json:"exclude,omitempty" maxItems:"1000" doc:"Ids to leave out of the filter or the trash. Each must be of a customer that these select when the operation is created: INVALID names the others, by index and id. A customer that the search does not find fails the planning, and why names it. A customer that leaves the selection after that is left out all the same."`
}

// Filter selects customers that match all of it. An empty one is refused.
type Filter struct {
	State   string `json:"state,omitempty" enum:"active,deleted" doc:"active if left out. Alone, it selects all customers in that state."`
	Search  string `json:"search,omitempty" maxLength:"400" doc:"As in POST /v1/customers/search."`
	Blocked *bool  `json:"blocked,omitempty"`
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
	Digest       string `json:"digest" maxLength:"64" doc:"Of the plan that you have seen."`
	Acknowledged bool   `json:"acknowledged" doc:"true: you understand the consequences."`
	OnBlocked    string `json:"onBlocked,omitempty" enum:"skip,fail" doc:"skip (if left out) leaves alone whom the rules refuse; fail applies nothing unless all can be done."`
}
