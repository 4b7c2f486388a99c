package demo

// kind is a kind of record as PUT /v1/settings takes it.
type kind struct {
	Name    string   `json:"name"`
	Policy  string   `json:"policy"`
	Keep    []string `json:"keep,omitempty"`
	KeepFor string   `json:"keepFor,omitempty"`
}

// The kinds of the demo's platform, which builds and runs websites for its customers. An
// invoice, also with the records below it, blocks the deletion of its customer.
var kinds = []kind{
	{Name: "inquiry", Policy: "cascade"},
	{Name: "quote", Policy: "cascade"},
	{Name: "booking", Policy: "cascade"},
	{Name: "invoice", Policy: "restrict"},
	{Name: "line", Policy: "cascade"},
	{Name: "payment", Policy: "cascade"},
	{Name: "ticket", Policy: "cascade"},
	{Name: "message", Policy: "cascade"},
	{Name: "chat", Policy: "cascade"},
	{Name: "website", Policy: "cascade"},
	{Name: "consent-log", Policy: "retain", Keep: []string{"consent", "granted", "at"}, KeepFor: "P1095D"},
}

// retention is the retention in force after the load.
const retention = "P30D"
