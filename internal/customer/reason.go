package customer

import "slices"

// ReasonCode is the reason for a change. Unlike free text it can't contain personal data.
type ReasonCode string

// The reason codes. A change may have none.
const (
	ErasureRequest ReasonCode = "erasure_request" // the customer asked to be forgotten
	Inactive       ReasonCode = "inactive"
	Duplicate      ReasonCode = "duplicate"
	TestData       ReasonCode = "test"
	OtherReason    ReasonCode = "other"
)

// ReasonCodes has all reason codes.
var ReasonCodes = []ReasonCode{ErasureRequest, Inactive, Duplicate, TestData, OtherReason}

// ValidateReason checks the free text and the code of a change's reason. It returns nil or *InvalidError.
func ValidateReason(reason string, code ReasonCode) error {
	var v validation
	v.text("reason", reason, MaxReason)
	v.check(code == "" || slices.Contains(ReasonCodes, code), "reasonCode", "must be erasure_request, inactive, duplicate, test or other")
	return v.err()
}
