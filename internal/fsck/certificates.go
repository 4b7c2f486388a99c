package fsck

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// checkCertificate looks whether a certificate certifies what it must. Nothing changes
// it, and so it is judged as the scan brings it.
func (s *segment) checkCertificate(c certificate) {
	id := strings.TrimPrefix(c.PK, "C#")
	must := func(ok bool, what string) {
		if !ok {
			s.tell(Finding{Rule: CertificateBroken, Customer: id, Key: "ledger " + c.PK + " " + c.SK, Problem: what})
		}
	}
	must(strings.HasPrefix(c.PK, "C#") && c.Customer == id && c.SK != "", "names another customer than its key")
	must(c.Residue != nil && *c.Residue == 0, "certifies a residue")
	must(c.PurgedBy != "" && c.DeletedAt != "" && c.DeletedAt <= c.PurgedAt, "doesn't tell by whom, or tells a purge before the deletion")
}

// visitCertificate looks whether the customer stays away, and what must stay is there.
func (s *segment) visitCertificate(ctx context.Context, c certificate) error {
	id, ok := strings.CutPrefix(c.PK, "C#")
	if !ok {
		return nil
	}
	if s.keepsForEver(c) {
		if err := s.lookForKept(ctx, id); err != nil {
			return err
		}
	}
	return s.look(ctx, lookup{rootKey(id), func(ctx context.Context, root row, there bool) error {
		if !there || root.State == purging && !s.Finished {
			return nil
		}
		return s.suspect(ctx, suspect{customer: id, about: returns})
	}})
}

func (r *run) keepsForEver(c certificate) bool {
	for kind, n := range c.Retained {
		if n > 0 && r.kinds[kind].For == "never" {
			return true
		}
	}
	return false
}

// lookForKept suspects that all is gone of what must stay for ever. What there is has been
// compared where it lies.
func (s *segment) lookForKept(ctx context.Context, id string) error {
	there, err := s.client.any(ctx, s.Table, "X#"+id)
	if err != nil || there {
		return err
	}
	return s.suspect(ctx, suspect{customer: id, about: retentions})
}

// checkPersonal looks for personal values in what outlives a customer.
func (r *run) checkPersonal(shown string, it item) {
	if len(r.Personal) == 0 {
		return
	}
	for value := range texts(&types.AttributeValueMemberM{Value: it}) {
		for i, p := range r.Personal {
			if strings.Contains(strings.ToLower(value), strings.ToLower(p)) {
				r.tell(Finding{Rule: PersonalData, Key: shown, Problem: fmt.Sprintf("holds the %d. of the personal values that are looked for", i+1)})
			}
		}
	}
}

// texts goes through all names and texts of a value.
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
