package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"lethe/internal/customer"
	"lethe/internal/web"
)

var (
	asCSV    = []string{"Content-Type", "text/csv; charset=utf-8"}
	asNDJSON = []string{"Content-Type", "application/x-ndjson"}
)

// These files are like those of the Northwind database: values with commas are not in
// quotes, and NULL is a text.
const (
	oldCustomers = "\ufeffcustomerID,companyName,contactName,address,phone,fax\r\n" +
		"ALFKI,Alfreds Futterkiste,Maria Anders,Obere Str. 57,030-0074321,030-0076545\r\n" +
		"BLONP,Blondesddsl père et fils,Frédérique Citeaux,24, place Kléber,88.60.15.31,NULL\r\n" +
		"BONAP,Bon app',Laurence de la Lebihan,\"12, rue\nd'Or\",91.24.45.40,NULL\r\n" +
		"PARIS,Paris spécialités,NULL,265 Bd Charonne,NULL,NULL\r\n" +
		"VIN ET,Vins,Paul Henriot,59 rue,26.47.15.10,NULL\r\n"
	oldOrders = "orderID,customerID,orderDate,freight,region\n" +
		"10643,ALFKI,1997-08-25,29.46,NULL\n" +
		"10331,BONAP,1996-10-16,10.19,\n" +
		"10999,NOBODY,1996-10-16,10.19,\n" +
		"10643,ALFKI,1997-08-25,29.46,NULL\n"
	oldLines = "customerID,orderID,productID,quantity\n" +
		"ALFKI,10643,28,15\n" +
		"ALFKI,10643,39,21\n" +
		"ALFKI,10000,39,21\n"

	customersURL = "/v1/imports/customers?map=customerID:id&map=companyName:organisation&map=contactName:name&null=NULL"
	ordersURL    = "/v1/imports/records?kind=invoice&map=orderID:id&map=customerID:customer&null=NULL"
	linesURL     = "/v1/imports/records?kind=line&map=productID:id&map=customerID:customer&parent=invoice~{orderID}"
)

func TestImport(t *testing.T) {
	s := newSystem(t)
	customers := map[string]any{
		"lines": 5, "failed": 2, "errors.0.line": 3, "errors.0.code": "MALFORMED",
		"errors.1.line": 7, "errors.1.code": "INVALID", "errors.1.field": "id",
		"moreErrors": 0, "resumeFromLine": nil, "ignoredColumns": []any{"address", "fax"},
	}
	orders := map[string]any{
		"lines": 4, "failed": 2, "errors.0.line": 4, "errors.0.code": "NOT_FOUND", "errors.1.line": 5, "errors.1.field": "key",
	}
	lines := map[string]any{"lines": 3, "failed": 1, "errors.0.line": 4, "errors.0.code": "NO_PARENT", "ignoredColumns": []any{}}
	and := func(want map[string]any, more ...any) map[string]any {
		all := maps.Clone(want)
		for i := 0; i < len(more); i += 2 {
			all[more[i].(string)] = more[i+1]
		}
		return all
	}
	s.run(t, []call{
		{Name: "customers, dry", Method: post, URL: customersURL + "&dryRun=true", Header: asCSV, Body: oldCustomers, Status: 200, Want: and(customers, "dryRun", true, "created", 3)},
		{Name: "nothing was written", Method: get, URL: "/v1/customers/ALFKI", Status: 404},
		{Name: "customers", Method: post, URL: customersURL, Header: asCSV, Body: oldCustomers, Status: 200, Want: and(customers, "dryRun", false, "created", 3, "existing", 0)},
		{Name: "customers again", Method: post, URL: customersURL, Header: asCSV, Body: oldCustomers, Status: 200, Want: and(customers, "created", 0, "existing", 3)},
		{Name: "names are split at the last space", Method: get, URL: "/v1/customers/BONAP", Status: 200, Want: map[string]any{"firstName": "Laurence de la", "lastName": "Lebihan", "organisation": "Bon app'", "phone": "91.24.45.40"}},
		{Name: "NULL is no value", Method: get, URL: "/v1/customers/PARIS", Status: 200, Want: map[string]any{"firstName": "", "lastName": "", "phone": ""}},
		{Name: "orders, dry", Method: post, URL: ordersURL + "&dryRun=true", Header: asCSV, Body: oldOrders, Status: 200, Want: and(orders, "created", 2)},
		{Name: "orders", Method: post, URL: ordersURL, Header: asCSV, Body: oldOrders, Status: 200, Want: and(orders, "created", 2)},
		{Name: "orders again", Method: post, URL: ordersURL, Header: asCSV, Body: oldOrders, Status: 200, Want: and(orders, "created", 0, "existing", 2)},
		{Name: "values stay text", Method: get, URL: "/v1/customers/ALFKI/records/invoice~10643", Status: 200, Want: map[string]any{"data": map[string]any{"orderDate": "1997-08-25", "freight": "29.46"}}},
		{Name: "lines, dry", Method: post, URL: linesURL + "&dryRun=true", Header: asCSV, Body: oldLines, Status: 200, Want: and(lines, "created", 2)},
		{Name: "lines", Method: post, URL: linesURL, Header: asCSV, Body: oldLines, Status: 200, Want: and(lines, "created", 2)},
		{Name: "below their order", Method: get, URL: "/v1/customers/ALFKI/records?parent=invoice~10643", Status: 200, Want: map[string]any{"records.0.key": "invoice~10643~line~28", "records.1.key": "invoice~10643~line~39"}},
		{Name: "from a line on", Method: post, URL: ordersURL + "&fromLine=4", Header: asCSV, Body: oldOrders, Status: 200, Want: map[string]any{"lines": 2}},
		{Name: "semicolons", Method: post, URL: "/v1/imports/customers?delimiter=%3B", Header: asCSV, Body: "id;lastName;push;consent.news\nS1;Semi;yes;0\n", Status: 200, Want: map[string]any{"created": 1}},
		{Name: "what semicolons brought", Method: get, URL: "/v1/customers/S1", Status: 200, Want: map[string]any{"push": true, "consents": map[string]any{"news": false}}},
		{Name: "tabs", Method: post, URL: "/v1/imports/customers?delimiter=tab", Header: asCSV, Body: "id\tlastName\tpush\nT1\tTab\tperhaps\n", Status: 200, Want: map[string]any{"failed": 1, "errors.0.field": "push"}},
		{Name: "customers as NDJSON", Method: post, URL: "/v1/imports/customers", Header: asNDJSON, Status: 200,
			Body: "{\"id\":\"N1\",\"lastName\":\"N\",\"consents\":{\"a\":true}}\n\n{\"id\":\"N2\",\"name\":\"x\"}\n{\"id\":7}\n{\"id\":\"N3\"\n{\"id\":\"N4\",\"state\":\"deleted\",\"lastName\":\"N\"}\n",
			Want: map[string]any{"lines": 5, "created": 1, "failed": 4, "errors.0.line": 3, "errors.0.code": "INVALID", "errors.0.field": "name", "errors.1.line": 4, "errors.1.field": "id", "errors.2.line": 5, "errors.2.code": "MALFORMED", "errors.3.line": 6, "errors.3.field": "state"}},
		{Name: "records as NDJSON", Method: post, URL: "/v1/imports/records", Header: asNDJSON, Status: 200,
			Body: "{\"customer\":\"N1\",\"key\":\"ticket~1\",\"data\":{\"n\":1.50}}\n{\"customer\":\"N1\",\"kind\":\"ticket\",\"id\":\"2\",\"parent\":\"ticket~1\"}\n{\"customer\":\"N1\",\"kind\":\"ticket\"}\n{\"customer\":\"N1\",\"key\":\"ticket~3\",\"id\":\"3\"}\n{\"customer\":\"N1\",\"key\":\"letter~3\"}\n",
			Want: map[string]any{"created": 2, "failed": 3, "errors.0.field": "id", "errors.1.field": "key", "errors.2.field": "kind"}},
		{Name: "an empty NDJSON file", Method: post, URL: "/v1/imports/records", Header: asNDJSON, Status: 200, Want: map[string]any{"lines": 0, "errors": []any{}}},
	})
}

func TestImportRefusals(t *testing.T) {
	newSystem(t).run(t, []call{
		{Name: "JSON", Method: post, URL: "/v1/imports/customers", Body: "{}", Status: 415, Code: "UNSUPPORTED_MEDIA_TYPE"},
		{Name: "another charset", Method: post, URL: "/v1/imports/customers", Body: "a", Header: []string{"Content-Type", "text/csv; charset=latin1"}, Status: 415, Code: "UNSUPPORTED_MEDIA_TYPE"},
		{Name: "too large", Method: post, URL: "/v1/imports/customers", Body: strings.Repeat("x", web.MaxImport+1), Header: asCSV, Status: 413, Code: "TOO_LARGE"},
		{Name: "an empty file", Method: post, URL: "/v1/imports/customers", Body: "", Header: asCSV, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "line 1"}},
		{Name: "a column twice", Method: post, URL: "/v1/imports/customers", Body: "id,id\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "a column that is not there", Method: post, URL: "/v1/imports/customers?map=x:id", Body: "a\n", Header: asCSV, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "query.map"}},
		{Name: "a name that there is none of", Method: post, URL: "/v1/imports/customers?map=a:state", Body: "a\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "two columns of one name", Method: post, URL: "/v1/imports/customers?map=a:id", Body: "a,id\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "a column mapped twice", Method: post, URL: "/v1/imports/customers?map=a:id&map=a:email", Body: "a\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "no mapping", Method: post, URL: "/v1/imports/customers?map=a", Body: "a\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "two names", Method: post, URL: "/v1/imports/customers?map=a:name", Body: "a,lastName\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "no delimiter", Method: post, URL: "/v1/imports/customers?delimiter=ab", Body: "a\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "line 0", Method: post, URL: "/v1/imports/customers?fromLine=0", Body: "a\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "no customer", Method: post, URL: "/v1/imports/records?kind=ticket", Body: "id\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "no id", Method: post, URL: "/v1/imports/records?kind=ticket", Body: "customer\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "no kind", Method: post, URL: "/v1/imports/records", Body: "customer,id\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "two kinds", Method: post, URL: "/v1/imports/records?kind=ticket", Body: "customer,id,kind\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "key and kind", Method: post, URL: "/v1/imports/records?kind=ticket", Body: "customer,key\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "two parents", Method: post, URL: "/v1/imports/records?kind=ticket&parent=x", Body: "customer,id,parent\n", Header: asCSV, Status: 422, Code: "INVALID"},
		{Name: "parent of no column", Method: post, URL: "/v1/imports/records?kind=line&parent=invoice~{x}", Body: "customer,id\n", Header: asCSV, Status: 422, Code: "INVALID"},
	})
}

// TestImportOfTooMuchWithoutALength sends a file whose length nobody announced.
func TestImportOfTooMuchWithoutALength(t *testing.T) {
	s := newSystem(t)
	line := strings.Repeat("x", 1000) + "\n"
	r := httptest.NewRequest(post, "/v1/imports/customers", strings.NewReader("id\n"+strings.Repeat(line, web.MaxImport/len(line)+1)))
	r.ContentLength = -1
	r.Header.Set("Content-Type", "text/csv")
	if got := s.do(r.WithContext(web.WithActor(r.Context(), "tester"))); got.status != 413 || got.body["code"] != "TOO_LARGE" {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

func TestImportOutOfTime(t *testing.T) {
	s := newSystem(t)
	r := httptest.NewRequest(post, "/v1/imports/customers", strings.NewReader("id,lastName\nA,A\nB,B\n"))
	r.Header.Set("Content-Type", "text/csv")
	ctx, cancel := context.WithTimeout(web.WithActor(r.Context(), "tester"), 4*time.Second)
	defer cancel()
	if got := s.do(r.WithContext(ctx)); got.status != 200 || got.body["resumeFromLine"] != 2.0 || got.body["lines"] != 0.0 {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

// faultyCreate fails on adding one customer.
type faultyCreate struct{ customer.Store }

func (f faultyCreate) Create(ctx context.Context, c customer.Customer) error {
	if c.ID == "BAD" {
		return errors.New("password=hunter2")
	}
	return f.Store.Create(ctx, c)
}

func TestImportGoesOnAfterAFault(t *testing.T) {
	s := newSystem(t)
	s.service.Store = faultyCreate{s.service.Store}
	got := s.must(200, post, "/v1/imports/customers", "id,lastName\nA,A\nBAD,B\n", asCSV...)
	if got.body["created"] != 1.0 || got.body["resumeFromLine"] != 3.0 || strings.Contains(got.text, "hunter2") {
		t.Errorf("got %s", got.text)
	}
	if !strings.Contains(s.log.String(), "hunter2") {
		t.Error("the fault is not in the log")
	}
	if got := s.send(post, "/v1/imports/customers?fromLine=3", "id,lastName\nA,A\nBAD,B\n", asCSV...); got.status != 500 {
		t.Errorf("an import that did nothing: %d %s", got.status, got.text)
	}
}

// TestABodyThatBreaksOffIsTold also when it does among the lines that were done before.
func TestABodyThatBreaksOffIsTold(t *testing.T) {
	s := newSystem(t)
	for _, url := range []string{"/v1/imports/customers", "/v1/imports/customers?fromLine=100"} {
		body := io.MultiReader(strings.NewReader("id,lastName\nA,A\nB,"), iotest.ErrReader(io.ErrUnexpectedEOF))
		r := httptest.NewRequest(post, url, body)
		r.Header.Set("Content-Type", "text/csv")
		got := s.do(r.WithContext(web.WithActor(r.Context(), "tester")))
		t.Log(got.status, got.text)
		if got.status == 200 && got.body["resumeFromLine"] == nil {
			t.Errorf("%s: %d %s", url, got.status, got.text)
		}
	}
}

// TestImportTellsOfTheFirstErrors counts those it does not list.
func TestImportTellsOfTheFirstErrors(t *testing.T) {
	s := newSystem(t)
	var file strings.Builder
	file.WriteString("id,email\n")
	for i := range 350 {
		fmt.Fprintf(&file, "no id,%d\n", i)
	}
	got := s.must(200, post, "/v1/imports/customers?dryRun=true", file.String(), asCSV...)
	lines := map[any]bool{}
	for _, e := range got.body["errors"].([]any) {
		lines[e.(map[string]any)["line"]] = true
	}
	if len(lines) != 200 || got.body["moreErrors"] != 150.0 {
		t.Errorf("errors of %d lines, and %v more", len(lines), got.body["moreErrors"])
	}
}
