package customer

import "slices"

// ReasonCode says why, where no free text is needed: it can't name anybody.
type ReasonCode string

// The reason codes. None is needed.
const (
	ErasureRequest ReasonCode = "erasure_request" // the customer asked to be forgotten
	Inactive       ReasonCode = "inactive"
	Duplicate      ReasonCode = "duplicate"
	TestData       ReasonCode = "test"
	OtherReason    ReasonCode = "other"
)

// ReasonCodes are all reason codes.
var ReasonCodes = []ReasonCode{ErasureRequest, Inactive, Duplicate, TestData, OtherReason}

// ValidateReason checks the free text and the code that go with a change.
func ValidateReason(reason string, code ReasonCode) error {
	var v validation
	v.text("reason", reason, MaxReason)
	v.check(code == "" || slices.Contains(ReasonCodes, code), "reasonCode", "must be erasure_request, inactive, duplicate, test or other")
	return v.err()
}
