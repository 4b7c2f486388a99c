package admin

import "slices"

// Permission is what an administrator may do. None includes another.
type Permission string

// The permissions.
const (
	CustomersRead  Permission = "customers.read"
	CustomersWrite Permission = "customers.write"
	Delete         Permission = "delete"
	Restore        Permission = "restore"
	Purge          Permission = "purge"
	Bulk           Permission = "bulk" // with the permission of the action itself
	Export         Permission = "export"
	Message        Permission = "message"
	Impersonate    Permission = "impersonate"
	Hold           Permission = "hold"
	Settings       Permission = "settings"
	Audit          Permission = "audit"
	Approve        Permission = "approve"
)

// Permissions lists all permissions, in the order in which they are shown.
var Permissions = []Permission{
	CustomersRead, CustomersWrite, Delete, Restore, Purge, Bulk, Export, Message, Impersonate, Hold, Settings, Audit, Approve,
}

// Known reports whether p is one of [Permissions].
func (p Permission) Known() bool { return slices.Contains(Permissions, p) }
