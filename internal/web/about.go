package web

import "github.com/danielgtaylor/huma/v2"

const about = `Lethe forgets customers, on request and on schedule, and can prove it.

Deleting a customer moves it to the trash in one step, with all its records. It can be restored until its purge time. Then it is purged for good, and only a certificate without personal data remains.

The actor of a change is the subject of the token in the request. Each operation says which permission it needs; the access rules give permissions to the groups of the token. Errors are problem details (RFC 9457) with a stable code. Lists have pages with opaque cursors. Times are in UTC.`

var tags = []*huma.Tag{
	{Name: "Customers", Description: "Add, find and change customers."},
	{Name: "Trash", Description: "Delete, restore and purge."},
	{Name: "Blocks and holds", Description: "A block locks a customer out. A legal hold prevents that it is deleted or purged."},
	{Name: "Records", Description: "The data that belongs to a customer: invoices, tickets, messages, bookings."},
	{Name: "Settings", Description: "How long the trash keeps customers, and what a deletion does to each kind of record."},
	{Name: "Certificates", Description: "Proofs of purges, in hash chains that everyone can verify."},
	{Name: "Audit", Description: "Who did what, when and why."},
	{Name: "Operations", Description: "An action on many customers. Create a plan, review its impact, apply it by its digest, and read the outcome for each customer."},
	{Name: "Access", Description: "Who may do what. Groups at the identity provider have permissions; a suspension shuts one administrator out."},
	{Name: "Import", Description: "Customers and records from CSV and NDJSON files."},
}
