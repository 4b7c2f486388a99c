package refusal

// Refusals of what is asked for a customer.
const (
	NotFound             Code = "NOT_FOUND"
	RecordNotFound       Code = "RECORD_NOT_FOUND"
	NoParent             Code = "NO_PARENT" // the record to add one below is not there
	Exists               Code = "EXISTS"
	EmailTaken           Code = "EMAIL_TAKEN"
	HasDependents        Code = "HAS_DEPENDENTS"
	OnHold               Code = "ON_HOLD"
	InTrash              Code = "IN_TRASH"
	NotDeleted           Code = "NOT_DELETED"
	PurgeStarted         Code = "PURGE_STARTED"
	Purged               Code = "PURGED"
	Unchanged            Code = "UNCHANGED" // of an operation's customer: it is so already
	VersionMismatch      Code = "VERSION_MISMATCH"
	ConfirmationRequired Code = "CONFIRMATION_REQUIRED"
)

// Refusals of what is asked for an operation.
const (
	NoOperation             Code = "NO_OPERATION"
	Planning                Code = "PLANNING"
	PlanStale               Code = "PLAN_STALE"
	PlanBlocked             Code = "PLAN_BLOCKED"
	PlanExpired             Code = "PLAN_EXPIRED"
	OperationRunning        Code = "OPERATION_RUNNING"
	OperationEnded          Code = "OPERATION_ENDED"
	AcknowledgementRequired Code = "ACKNOWLEDGEMENT_REQUIRED"
)

// Refusals of a request or a line of a file, whatever it is about.
const (
	Malformed            Code = "MALFORMED" // it can't be read
	Invalid              Code = "INVALID"   // it can be read, and breaks a rule
	BadCursor            Code = "BAD_CURSOR"
	IdempotencyKeyReused Code = "IDEMPOTENCY_KEY_REUSED"
)
