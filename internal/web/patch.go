package web

import (
	"encoding/json"
	"maps"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/customer"
)

// ProfilePatch is a merge patch of a profile.
type ProfilePatch struct {
	Organisation member[string]           `json:"organisation,omitempty" maxLength:"120"`
	FirstName    member[string]           `json:"firstName,omitempty" maxLength:"120"`
	LastName     member[string]           `json:"lastName,omitempty" maxLength:"120"`
	Email        member[string]           `json:"email,omitempty" maxLength:"254"`
	Phone        member[string]           `json:"phone,omitempty" maxLength:"40"`
	Push         member[bool]             `json:"push,omitempty"`
	Consents     member[map[string]*bool] `json:"consents,omitempty" maxProperties:"40" doc:"Merged by name; null removes a consent."`
}

// member is a field of a merge patch. If it is left out, it is not set; null sets the zero value.
type member[T any] struct {
	set   bool
	value T
}

// UnmarshalJSON is called only if the patch has the member, which can be null.
func (m *member[T]) UnmarshalJSON(data []byte) error {
	m.set = true
	return json.Unmarshal(data, &m.value)
}

// Schema returns the schema of the member's value, or null.
func (m *member[T]) Schema(r huma.Registry) *huma.Schema {
	s := r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return s
}

func (m *member[T]) onto(field *T) {
	if m.set {
		*field = m.value
	}
}

func (p *ProfilePatch) apply(old customer.Profile) customer.Profile {
	p.Organisation.onto(&old.Organisation)
	p.FirstName.onto(&old.FirstName)
	p.LastName.onto(&old.LastName)
	p.Email.onto(&old.Email)
	p.Phone.onto(&old.Phone)
	p.Push.onto(&old.Push)
	if p.Consents.set {
		old.Consents = mergeConsents(old.Consents, p.Consents.value)
	}
	return old
}

// mergeConsents merges consents by name. A nil patch clears them all.
func mergeConsents(old map[string]bool, patch map[string]*bool) map[string]bool {
	if patch == nil {
		return nil
	}
	merged := map[string]bool{}
	maps.Copy(merged, old)
	for name, given := range patch {
		if given == nil {
			delete(merged, name)
		} else {
			merged[name] = *given
		}
	}
	return merged
}
