package web

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/admin"
)

// TestTheTableOfPermissionsIsThatOfTheRoutes compares the table with the routes in both directions, and with what the OpenAPI
// document says of each.
func TestTheTableOfPermissionsIsThatOfTheRoutes(t *testing.T) {
	routes := map[string]bool{}
	newAPI(t).each(func(method, path string, op *huma.Operation) {
		routes[op.OperationID] = true
		n := needs[op.OperationID]
		for _, p := range n.anyOf {
			if !p.Known() {
				t.Errorf("%s %s needs %q, which is not a permission", method, path, p)
			}
		}
		if got := op.Extensions["x-permission"]; !reflect.DeepEqual(got, n.extension()["x-permission"]) {
			t.Errorf("%s %s: x-permission is %v", method, path, got)
		}
		if !strings.HasSuffix(op.Description, n.describe()) {
			t.Errorf("%s %s does not say what it needs", method, path)
		}
		for _, status := range []string{"401", "403"} {
			if op.Responses[status] == nil {
				t.Errorf("%s %s does not say when it answers %s", method, path, status)
			}
		}
	})
	for id, n := range needs {
		if !routes[id] {
			t.Errorf("the table has %s, and no route has this id", id)
		}
		if (n.fresh == sometimes) != (n.when != "") {
			t.Errorf("%s: needs a fresh sign-in %q", id, n.when)
		}
	}
}

func TestARouteWithoutAnEntryIsAPanic(t *testing.T) {
	defer func() {
		if v := recover(); v == nil || !strings.Contains(v.(error).Error(), "get-secrets") {
			t.Errorf("recovered %v", v)
		}
	}()
	register(newAPI(t), route{id: "get-secrets"}, newAPI(t).me)
}

// TestEachActionHasAPermission compares the table with the actions of an operation in the document, and with the sentence
// about them.
func TestEachActionHasAPermission(t *testing.T) {
	sentence := need{anyOf: []admin.Permission{admin.Bulk}, acts: true}.describe()
	actions := newAPI(t).document().Components.Schemas.Map()["NewOperation"].Properties["action"].Enum
	for _, action := range actions {
		if p := actionNeeds[action.(string)]; !p.Known() || !strings.Contains(sentence, string(p)+" for ") || !strings.Contains(sentence, action.(string)) {
			t.Errorf("action %s needs %q, and the document says %q", action, p, sentence)
		}
	}
	if len(actions) != len(actionNeeds) {
		t.Errorf("%d actions have a permission, of %d", len(actionNeeds), len(actions))
	}
}

// TestTheExtensionIsOfOneForm reads x-permission from the document as it is served.
func TestTheExtensionIsOfOneForm(t *testing.T) {
	var document struct {
		Paths map[string]map[string]struct {
			Need struct {
				AnyOf       []admin.Permission
				Action      *bool
				FreshSignIn string
			} `json:"x-permission"`
		}
	}
	if err := json.Unmarshal(fetch(t, newAPI(t), "/openapi.json").Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method, op := range methods {
			n := op.Need
			if n.AnyOf == nil || n.Action == nil || !slices.Contains([]string{"never", "always", "sometimes"}, n.FreshSignIn) {
				t.Errorf("%s %s: %+v", method, path, n)
			}
		}
	}
	if n := document.Paths["/v1/customers/{id}/purge"]["post"].Need; !slices.Equal(n.AnyOf, []admin.Permission{admin.Purge}) || n.FreshSignIn != "always" {
		t.Errorf("purge: %+v", n)
	}
}

// TestTheDocumentListsAllPermissions compares the permissions of a group in the document with those of the rules.
func TestTheDocumentListsAllPermissions(t *testing.T) {
	list := newAPI(t).document().Components.Schemas.Map()["Grant"].Properties["permissions"]
	var names []admin.Permission
	for _, name := range list.Items.Enum {
		names = append(names, admin.Permission(name.(string)))
	}
	if !slices.Equal(names, admin.Permissions) || *list.MaxItems != len(names) {
		t.Errorf("at most %d of %v", *list.MaxItems, names)
	}
	groups := newAPI(t).document().Components.Schemas.Map()["NewAccess"].Properties["groups"]
	if *groups.MaxItems != admin.MaxGroups {
		t.Errorf("at most %d groups", *groups.MaxItems)
	}
}
