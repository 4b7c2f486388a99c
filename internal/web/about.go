package web

import "github.com/danielgtaylor/huma/v2"

const about = `Lethe forgets customers, on request and on schedule, and can prove it.

A customer is deleted in one step, with all its records, and can be restored until its purge time. Then it is purged for good, and a certificate without personal data stays.

Every change is made by the subject of the token it came with. Errors are problem details (RFC 9457) with a stable code. Lists are paged by opaque cursors. Times are UTC.`

var tags = []*huma.Tag{
	{Name: "Customers", Description: "Add, find and change customers."},
	{Name: "Trash", Description: "Delete, restore and purge."},
	{Name: "Blocks and holds", Description: "What stands beside a customer's state: a block locks it out, a legal hold keeps it."},
	{Name: "Records", Description: "What hangs on a customer: invoices, tickets, messages, bookings."},
	{Name: "Settings", Description: "Retention, kinds of records and what becomes of them."},
	{Name: "Certificates", Description: "Proofs of purges, in chains of hashes that anybody can verify."},
	{Name: "Audit", Description: "Who did what, when and why."},
	{Name: "Operations", Description: "Something done to many customers: planned, shown, applied by the digest of the plan, reported customer by customer."},
	{Name: "Import", Description: "Customers and records from CSV and NDJSON files."},
}
