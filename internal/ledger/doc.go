// Package ledger defines the format of Lethe's certificates and verifies a history of them.
// It uses only the standard library, and this page is enough to write a verifier in another
// language.
//
// Every purge adds one certificate to one of four chains; see the field Chain of [Certificate].
// In its chain a certificate has a number, seq, counted from 1 without a gap. Its member
// previous is the hash of the certificate before it; in the first one it is 64 zeros.
//
// The hash of a certificate is the SHA-256, in lower-case hexadecimal, of its JSON document
// from the API, without the member hash, in canonical form (RFC 8785): members sorted by
// name, no white space, integers unchanged, strings in UTF-8 with only the necessary escapes.
// In Python:
//
//	d = json.loads(line); claimed = d.pop("hash")
//	text = json.dumps(d, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
//	assert hashlib.sha256(text.encode()).hexdigest() == claimed
//
// The member format is the version of this format: 1. New members can be added without a
// new version, because the hash covers all members.
//
// The chains show if a certificate is missing, altered, inserted or out of order. They don't
// show that their ends were cut off, or that everything was replaced. For that an auditor
// keeps a [Checkpoint], which every later history must contain.
package ledger
