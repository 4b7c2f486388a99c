package refusal

// Refusals of requests for a customer.
const (
	NotFound             Code = "NOT_FOUND"
	RecordNotFound       Code = "RECORD_NOT_FOUND"
	NoParent             Code = "NO_PARENT" // the parent of a record to add does not exist
	Exists               Code = "EXISTS"
	EmailTaken           Code = "EMAIL_TAKEN"
	HasDependents        Code = "HAS_DEPENDENTS"
	OnHold               Code = "ON_HOLD"
	InTrash              Code = "IN_TRASH"
	NotDeleted           Code = "NOT_DELETED"
	PurgeStarted         Code = "PURGE_STARTED"
	Purged               Code = "PURGED"
	Unchanged            Code = "UNCHANGED" // the customer already is as requested
	VersionMismatch      Code = "VERSION_MISMATCH"
	ConfirmationRequired Code = "CONFIRMATION_REQUIRED"
)

// Refusals of requests for an operation.
const (
	NoOperation             Code = "NO_OPERATION"
	Planning                Code = "PLANNING"
	PlanStale               Code = "PLAN_STALE"
	PlanBlocked             Code = "PLAN_BLOCKED"
	PlanExpired             Code = "PLAN_EXPIRED"
	OperationRunning        Code = "OPERATION_RUNNING"
	OperationEnded          Code = "OPERATION_ENDED"
	AcknowledgementRequired Code = "ACKNOWLEDGEMENT_REQUIRED"
	ApprovalRequired        Code = "APPROVAL_REQUIRED" // of a second administrator
	OwnApproval             Code = "OWN_APPROVAL"
	NotWaiting              Code = "NOT_WAITING"
)

// Refusals of any request, or of a line of a file.
const (
	Malformed            Code = "MALFORMED" // it can't be parsed
	Invalid              Code = "INVALID"   // it can be parsed, but breaks a rule
	BadCursor            Code = "BAD_CURSOR"
	IdempotencyKeyReused Code = "IDEMPOTENCY_KEY_REUSED"
)

// Refusals of an administrator.
const (
	Suspended Code = "SUSPENDED"
)
