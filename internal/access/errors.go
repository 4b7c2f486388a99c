package access

import "lethe/internal/refusal"

// The refusals.
var (
	ErrSuspended = refusal.New(refusal.Suspended, "the administrator is suspended")
	ErrVersion   = refusal.New(refusal.VersionMismatch, "the access rules have changed since they were read")
)
