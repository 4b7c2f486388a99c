package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// documentedRefusals are the codes that the OpenAPI document gives for each route and status.
// Every answer in this package's tests is compared with them.
type documentedRefusals struct {
	routes *http.ServeMux
	codes  map[string][]string // by route and status
	items  string              // describes the codes of items
}

// documents reads the document once: it is the same for every system.
var documents = func() func(http.Handler) *documentedRefusals {
	var once sync.Once
	var read *documentedRefusals
	return func(api http.Handler) *documentedRefusals {
		once.Do(func() { read = readDocument(api) })
		return read
	}
}()

func readDocument(api http.Handler) *documentedRefusals {
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct {
					Examples map[string]any
				}
			}
		}
		Components struct {
			Schemas struct {
				Item struct {
					Properties struct{ Code struct{ Description string } }
				}
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
		panic(fmt.Sprintf("read the OpenAPI document: %v", err))
	}
	d := &documentedRefusals{routes: http.NewServeMux(), codes: map[string][]string{}, items: document.Components.Schemas.Item.Properties.Code.Description}
	for path, methods := range document.Paths {
		for method, operation := range methods {
			route := strings.ToUpper(method) + " " + path
			d.routes.Handle(route, http.NotFoundHandler())
			for status, response := range operation.Responses {
				for code := range response.Content["application/problem+json"].Examples {
					d.codes[route+" "+status] = append(d.codes[route+" "+status], code)
				}
			}
		}
	}
	return d
}

// undocumented returns an error if the answer is a refusal that its route does not document.
func (d *documentedRefusals) undocumented(r *http.Request, w *httptest.ResponseRecorder) error {
	if w.Header().Get("Content-Type") != "application/problem+json" {
		return d.undocumentedItem(w)
	}
	_, route := d.routes.Handler(r)
	if route == "" { // no route: NO_ROUTE or METHOD_NOT_ALLOWED
		return nil
	}
	var problem struct{ Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
		return fmt.Errorf("%s: read the problem: %w", route, err)
	}
	if !slices.Contains(d.codes[route+" "+strconv.Itoa(w.Code)], problem.Code) {
		return fmt.Errorf("%s answers %d %s, which it does not document", route, w.Code, problem.Code)
	}
	return nil
}

// undocumentedItem returns an error if an item has a code that is not in the document.
func (d *documentedRefusals) undocumentedItem(w *httptest.ResponseRecorder) error {
	var page struct {
		Items []struct{ Code, Finding string }
	}
	if w.Header().Get("Content-Type") == "application/json" {
		_ = json.Unmarshal(w.Body.Bytes(), &page) // of another answer nothing is read
	}
	for _, i := range page.Items {
		if i.Code != "" && i.Finding == "" && !strings.Contains(d.items, i.Code) {
			return fmt.Errorf("an item has the code %s, which is not documented", i.Code)
		}
	}
	return nil
}

func TestAnUndocumentedItemCodeIsNoticed(t *testing.T) {
	d := documents(newSystem(t).handler)
	for code, noticed := range map[string]bool{"ON_HOLD": false, "GAVE_UP": false, "EMAIL_TAKEN": true} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.WriteString(`{"items":[{"customer":"A","outcome":"done"},{"customer":"B","outcome":"skipped","code":"` + code + `"}]}`)
		if err := d.undocumented(httptest.NewRequest(http.MethodGet, "/v1/operations/x/items", nil), w); (err != nil) != noticed {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestAnUndocumentedRefusalIsNoticed(t *testing.T) {
	d := documents(newSystem(t).handler)
	r := httptest.NewRequest(http.MethodGet, "/v1/customers/styx", nil)
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusConflict)
	_, _ = w.WriteString(`{"code":"ON_HOLD"}`)
	if d.undocumented(r, w) == nil {
		t.Error("reading a customer can't be refused for a hold, and nothing said so")
	}
}
