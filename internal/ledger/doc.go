// Package ledger is the form of Lethe's certificates, and verifies a history of them.
// It needs nothing but the standard library, and this page is enough to write it in
// another language.
//
// Every purge leaves one certificate. Certificates are appended to one of four chains;
// [Certificate] says which. In its
// chain a certificate has a number, seq, counted from 1 without a gap, and names in
// previous the hash of the certificate before it; the first one names 64 zeros.
//
// The hash of a certificate is the SHA-256, in lower-case hexadecimal, of its JSON
// document as the API answers it, without the member hash, in canonical form
// (RFC 8785): members sorted by name, no white space, integers as they are, strings in
// UTF-8 with nothing escaped that need not be. In Python:
//
//	d = json.loads(line); claimed = d.pop("hash")
//	text = json.dumps(d, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
//	assert hashlib.sha256(text.encode()).hexdigest() == claimed
//
// The member format says which form this is. It is 1. Members may be added without
// another format: all that are there are hashed.
//
// So a certificate that is missing, altered, inserted, or in another order shows. What
// chains alone can't show is that their ends were cut off, or that everything was
// replaced: for that an auditor keeps a [Checkpoint], and later histories must lead
// through it.
package ledger
