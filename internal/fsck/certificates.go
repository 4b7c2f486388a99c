package fsck

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// checkCertificate checks a certificate as scanned: a certificate never changes.
func (c *check) checkCertificate(cert certificate) {
	id := strings.TrimPrefix(cert.PK, "C#")
	must := func(ok bool, problem string) {
		if !ok {
			c.addFinding(Finding{Rule: CertificateBroken, Customer: id, Key: "ledger " + cert.PK + " " + cert.SK, Problem: problem})
		}
	}
	must(strings.HasPrefix(cert.PK, "C#") && cert.Customer == id && cert.SK != "", "names another customer than its key")
	must(cert.Residue != nil && *cert.Residue == 0, "its residue is not 0")
	must(cert.approvedByOthers(), "the second person who approved the purge or the deletion is the one who asked for it")
	must(cert.PurgedBy != "" && cert.DeletedAt != "" && cert.DeletedAt <= cert.PurgedAt, "its author or a time is missing, or its purge is before its deletion")
}

// approvedByOthers reports whether nobody approved what he or she asked for.
func (c certificate) approvedByOthers() bool {
	return (c.ApprovedBy == "" || c.ApprovedBy != c.PurgedBy) && (c.DeletionApprovedBy == "" || c.DeletionApprovedBy != c.DeletedBy)
}

// visitCertificate makes the customer a suspect if it exists, or if retained records are missing.
func (s *segment) visitCertificate(ctx context.Context, c certificate) error {
	id, ok := strings.CutPrefix(c.PK, "C#")
	if !ok {
		return nil
	}
	if s.check.keepsForEver(c) {
		if err := s.checkKeptExist(ctx, id); err != nil {
			return err
		}
	}
	return s.addLookups(ctx, lookup{rootKey(id), func(ctx context.Context, root row, there bool) error {
		if !there || root.State == purging && !s.check.Finished {
			return nil
		}
		return s.check.suspect(ctx, suspect{customer: id, about: resurrections})
	}})
}

func (c *check) keepsForEver(cert certificate) bool {
	for kind, n := range cert.Retained {
		if n > 0 && c.kinds[kind].For == "never" {
			return true
		}
	}
	return false
}

// checkKeptExist makes a customer without retained records a suspect. If it has some, retainedPartition
// counts them.
func (s *segment) checkKeptExist(ctx context.Context, id string) error {
	there, err := s.check.client.any(ctx, s.check.Table, "X#"+id)
	if err != nil || there {
		return err
	}
	return s.check.suspect(ctx, suspect{customer: id, about: retentions})
}

// checkPersonal finds personal values in an item that outlives its customer.
func (c *check) checkPersonal(shown string, it item) {
	if len(c.Personal) == 0 {
		return
	}
	for value := range texts(&types.AttributeValueMemberM{Value: it}) {
		for i, p := range c.Personal {
			if strings.Contains(strings.ToLower(value), strings.ToLower(p)) {
				c.addFinding(Finding{Rule: PersonalData, Key: shown, Problem: fmt.Sprintf("contains a personal value: number %d of those given", i+1)})
			}
		}
	}
}

// texts iterates over all names and strings in a value.
func texts(value types.AttributeValue) func(yield func(string) bool) {
	return func(yield func(string) bool) { walk(value, yield) }
}

func walk(value types.AttributeValue, yield func(string) bool) bool {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return yield(v.Value)
	case *types.AttributeValueMemberSS:
		return !slices.ContainsFunc(v.Value, func(s string) bool { return !yield(s) })
	case *types.AttributeValueMemberL:
		return !slices.ContainsFunc(v.Value, func(e types.AttributeValue) bool { return !walk(e, yield) })
	case *types.AttributeValueMemberM:
		for name, e := range v.Value {
			if !yield(name) || !walk(e, yield) {
				return false
			}
		}
	}
	return true
}
