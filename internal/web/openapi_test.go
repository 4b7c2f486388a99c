package web

import (
	"crypto/sha256"
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"go.yaml.in/yaml/v3"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/ledger"
)

func newAPI(t *testing.T) *api {
	t.Helper()
	return New(NoCustomers(), &bulk.Engine{}, Admins(noRules{}), Options{}).(*api)
}

// each calls do for every operation of the API.
func (a *api) each(do func(method, path string, op *huma.Operation)) {
	for path, item := range a.document().Paths {
		for _, method := range methods {
			if op := operationOf(item, method); op != nil {
				do(method, path, op)
			}
		}
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	ids := map[string]bool{}
	newAPI(t).each(func(method, path string, op *huma.Operation) {
		where := method + " " + path
		if op.Summary == "" || op.Description == "" || len(op.Tags) != 1 || op.OperationID == "" || ids[op.OperationID] {
			t.Errorf("%s: summary %q, tags %v, id %q", where, op.Summary, op.Tags, op.OperationID)
		}
		ids[op.OperationID] = true
		for _, status := range []string{"400", "401", "422", "500", "503", "507"} {
			if op.Responses[status] == nil {
				t.Errorf("%s does not say when it answers %s", where, status)
			}
		}
		if strings.Contains(path, "{id}") && op.Responses["404"] == nil {
			t.Errorf("%s does not say that there may be none", where)
		}
		for _, p := range op.Parameters {
			if p.Description == "" || p.In == "path" && len(p.Schema.Examples) == 0 {
				t.Errorf("%s: parameter %s lacks a description or an example", where, p.Name)
			}
		}
	})
	if len(ids) < 26 {
		t.Errorf("only %d operations", len(ids))
	}
}

// TestExamplesFitTheirSchemas validates every example in the document with its schema.
func TestExamplesFitTheirSchemas(t *testing.T) {
	a, checked := newAPI(t), 0
	schemas := a.document().Components.Schemas
	check := func(where string, schema *huma.Schema, mode huma.ValidateMode, example any) {
		checked++
		if text, ok := example.(string); ok && schema.Type == huma.TypeString && text != "" {
			return
		}
		text, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil || v == nil {
			t.Errorf("%s: example %s, %v", where, text, err)
			return
		}
		res := &huma.ValidateResult{}
		huma.Validate(schemas, schema, huma.NewPathBuffer([]byte{}, 0), mode, v, res)
		for _, err := range res.Errors {
			t.Errorf("%s: %v", where, err)
		}
	}
	a.each(func(method, path string, op *huma.Operation) {
		if op.RequestBody != nil {
			for name, m := range op.RequestBody.Content {
				check(method+" "+path+" "+name, m.Schema, huma.ModeWriteToServer, m.Example)
			}
		}
		for status, r := range op.Responses {
			for name, m := range r.Content {
				if m.Examples == nil {
					check(method+" "+path+" "+status+" "+name, m.Schema, huma.ModeReadFromServer, m.Example)
				}
				for code, e := range m.Examples {
					check(method+" "+path+" "+code, m.Schema, huma.ModeReadFromServer, e.Value)
				}
			}
		}
	})
	t.Logf("%d examples", checked)
}

// TestReasonCodesAreThoseOfTheRules checks that every reason has a reasonCode with the known codes, in requests and answers.
func TestReasonCodesAreThoseOfTheRules(t *testing.T) {
	found := 0
	for name, schema := range newAPI(t).document().Components.Schemas.Map() {
		code := schema.Properties["reasonCode"]
		if (schema.Properties["reason"] == nil) != (code == nil) {
			t.Errorf("%s has one of reason and reasonCode", name)
		}
		if code == nil {
			continue
		}
		found++
		var codes []customer.ReasonCode
		for _, c := range code.Enum {
			codes = append(codes, customer.ReasonCode(c.(string)))
		}
		if !slices.Equal(codes, customer.ReasonCodes) {
			t.Errorf("%s: %v", name, codes)
		}
	}
	if found < 8 {
		t.Errorf("only %d schemas have reasons", found)
	}
}

// TestTheExampleOfACertificateCanBeVerified checks that a reader can try a verifier on the example.
func TestTheExampleOfACertificateCanBeVerified(t *testing.T) {
	document, err := json.Marshal(exampleCertificate)
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := ledger.Sum(document); err != nil || sum != exampleCertificate.Hash || ledger.ChainOf(exampleCertificate.Customer) != exampleCertificate.Chain {
		t.Errorf("its hash must be %s, %v", sum, err)
	}
}

func TestTheDocumentSaysHowAChainIsChosen(t *testing.T) {
	schema := newAPI(t).document().Components.Schemas.Map()["Certificate"]
	if got := schema.Properties["chain"].Description; !strings.Contains(got, "the first two bits of the SHA-256 of the customer's id, as a number from 0 to 3") {
		t.Errorf("chain is described as %q", got)
	}
	bits := map[int]bool{}
	for id := range 64 {
		sum := sha256.Sum256([]byte(strconv.Itoa(id)))
		chain := ledger.ChainOf(strconv.Itoa(id))
		if bits[chain] = true; chain != int(sum[0])>>7*2+int(sum[0])>>6%2 {
			t.Errorf("customer %d is in chain %d, which is not what the rule says", id, chain)
		}
	}
	if len(bits) != ledger.Chains {
		t.Errorf("%d chains are used, want %d", len(bits), ledger.Chains)
	}
}

func fetch(t *testing.T, a *api, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	if w.Code != 200 {
		t.Fatalf("%s: %d", path, w.Code)
	}
	return w
}

func TestDocumentIsServedTwice(t *testing.T) {
	a := newAPI(t)
	var fromJSON, fromYAML any
	if err := json.Unmarshal(fetch(t, a, "/openapi.json").Body.Bytes(), &fromJSON); err != nil {
		t.Error(err)
	}
	if err := yaml.Unmarshal(fetch(t, a, "/openapi.yaml").Body.Bytes(), &fromYAML); err != nil {
		t.Error(err)
	}
	if v := fromJSON.(map[string]any)["openapi"]; v != "3.1.0" || v != fromYAML.(map[string]any)["openapi"] {
		t.Errorf("version %v", v)
	}
}

func TestReferencesLeadSomewhere(t *testing.T) {
	a := newAPI(t)
	text := fetch(t, a, "/openapi.json").Body.String()
	schemas := a.document().Components.Schemas.Map()
	for _, m := range regexp.MustCompile(`"\$ref":"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if schemas[m[1]] == nil {
			t.Errorf("there is no schema %s", m[1])
		}
	}
}

func TestDocsPage(t *testing.T) {
	a := newAPI(t)
	w := fetch(t, a, "/docs")
	page := w.Body.String()
	if csp := w.Header().Get("Content-Security-Policy"); csp != docsPolicy {
		t.Errorf("policy %q", csp)
	}
	for _, forbidden := range []string{"<script", "style=", "onclick", "http://", "https://"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page has %s", forbidden)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %s comes twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:href="#|labelledby=")([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("nothing has the id %s", m[1])
		}
	}
	a.each(func(_, path string, op *huma.Operation) {
		if !ids[op.OperationID] {
			t.Errorf("%s is not on the page", path)
		}
	})
	if style := fetch(t, a, "/docs/style.css"); !strings.HasPrefix(style.Header().Get("Content-Type"), "text/css") {
		t.Errorf("the stylesheet is %v", style.Header())
	}
}

// TestDocsEscape makes the page of an API with HTML in all its names.
func TestDocsEscape(t *testing.T) {
	const name = `"><script>alert('x')</script>`
	document := newAPI(t).document()
	document.Info.Title, document.Info.Description = name, name
	document.Tags = []*huma.Tag{{Name: name, Description: name}}
	for _, item := range document.Paths {
		for _, method := range methods {
			if op := operationOf(item, method); op != nil {
				op.Tags, op.Summary, op.Description, op.OperationID = []string{name}, name, name, name
			}
		}
	}
	page, err := docsPage(document)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), "<script") || !strings.Contains(string(page), "&lt;script") {
		t.Error("the name was not escaped")
	}
}
