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
		{Name: "a field that does not exist", Method: post, URL: "/v1/imports/customers?map=a:state", Body: "a\n", Header: asCSV, Status: 422, Code: "INVALID"},
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

// TestImportOfTooMuchWithoutALength sends a file that is too large without a Content-Length.
func TestImportOfTooMuchWithoutALength(t *testing.T) {
	s := newSystem(t)
	line := strings.Repeat("x", 1000) + "\n"
	r := httptest.NewRequest(post, "/v1/imports/customers", strings.NewReader("id\n"+strings.Repeat(line, web.MaxImport/len(line)+1)))
	r.ContentLength = -1
	r.Header.Set("Content-Type", "text/csv")
	if got := s.do(r.WithContext(web.SignedIn(r.Context(), "tester"))); got.status != 413 || got.body["code"] != "TOO_LARGE" {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

func TestImportOutOfTime(t *testing.T) {
	s := newSystem(t)
	r := httptest.NewRequest(post, "/v1/imports/customers?map=Key:id&onExisting=fail&fromLine=1", strings.NewReader("Key,lastName\nA,A\nB,B\n"))
	r.Header.Set("Content-Type", "text/csv")
	ctx, cancel := context.WithTimeout(web.SignedIn(r.Context(), "tester"), 4*time.Second)
	defer cancel()
	got := s.do(r.WithContext(ctx))
	if got.status != 200 || got.body["resumeFromLine"] != 2.0 || got.body["lines"] != 0.0 {
		t.Errorf("got %d %s", got.status, got.text)
	}
	if link := got.header.Get("Link"); link != `</v1/imports/customers?fromLine=2&map=Key%3Aid&onExisting=fail>; rel="next"` {
		t.Errorf("Link: %s", link)
	}
}

// faultyCreate fails to add one customer.
type faultyCreate struct{ customer.Store }

func (f faultyCreate) Create(ctx context.Context, c customer.Customer) error {
	if c.ID == "BAD" {
		return errors.New("password=hunter2")
	}
	return f.Store.Create(ctx, c)
}

func TestImportGoesOnAfterAFault(t *testing.T) {
	s := newSystem(t)
	s.store.Store = faultyCreate{s.store.Store}
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

// TestABodyThatBreaksOffIsTold breaks off the body also in the lines that fromLine skips.
func TestABodyThatBreaksOffIsTold(t *testing.T) {
	s := newSystem(t)
	for _, url := range []string{"/v1/imports/customers", "/v1/imports/customers?fromLine=100"} {
		body := io.MultiReader(strings.NewReader("id,lastName\nA,A\nB,"), iotest.ErrReader(io.ErrUnexpectedEOF))
		r := httptest.NewRequest(post, url, body)
		r.Header.Set("Content-Type", "text/csv")
		got := s.do(r.WithContext(web.SignedIn(r.Context(), "tester")))
		t.Log(got.status, got.text)
		if got.status == 200 && got.body["resumeFromLine"] == nil {
			t.Errorf("%s: %d %s", url, got.status, got.text)
		}
	}
}

// TestImportTellsOfTheFirstErrors checks that errors has the first ones, and moreErrors the number of the others.
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

// TestImportOfFilesAsTheyAre imports the same customer from files in many formats.
func TestImportOfFilesAsTheyAre(t *testing.T) {
	for _, tt := range []struct {
		name, query, file string
		more              map[string]any // that the answer tells
	}{
		{"near misses", "", "Customer ID,Company,E-Mail Address,Phone Number\nX1,Styx,a@styx.example,1\n", map[string]any{
			"mappedColumns.0.column": "Customer ID", "mappedColumns.0.field": "id", "mappedColumns.2.column": "E-Mail Address", "mappedColumns.2.field": "email"}},
		{"case and spaces", "", " ID ,ORGANISATION,e_mail,PHONE\nX1,Styx,a@styx.example,1\n", map[string]any{"mappedColumns.0.column": "ID", "ignoredColumns": []any{}}},
		{"the better column", "", "Mobile,Customer ID,id,Telephone,Phone,organisation,Company,email,E-Mail Address\n9,9,X1,9,1,Styx,9,a@styx.example,b@styx.example\n", map[string]any{
			"mappedColumns": []any{map[string]any{"column": "Phone", "field": "phone"}}, "ignoredColumns": []any{"Mobile", "Customer ID", "Telephone", "Company", "E-Mail Address"}}},
		{"a mapping is better than a name", "?map=Mobile:phone&map=Nr.:ID", "Mobile,Nr.,id no,Phone,Company,Email\n1,X1,9,9,Styx,a@styx.example\n", map[string]any{"ignoredColumns": []any{"id no", "Phone"}}},
		{"semicolons and two marks", "", "\ufeff\ufeffid;organisation;email;phone\r\nX1;Styx;a@styx.example;1\r\n", nil},
		{"tabs", "", "id\torganisation\temail\tphone\nX1\tStyx\ta@styx.example\t1\n", nil},
		{"sep", "", "sep=|\nid|organisation|email|phone\nX1|Styx|a@styx.example|1\n", nil},
		{"CR alone, and blank rows", "", "id,organisation,email,phone\r,,,\rX1,Styx,a@styx.example,1\r,,,,\r", map[string]any{"blank": 2}},
		{"columns without a name", "", ",id,organisation,,email,phone,,\n,X1,Styx,,a@styx.example,1,,\n", map[string]any{"ignoredColumns": []any{}}},
		{"marks of text", "", "id,organisation,email,phone\n'X1,'Styx,'a@styx.example,'1\n", nil},
		{"spaces", "", "id, organisation, email, phone\n X1 , Styx, a@styx.example, 1\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, target := newSystem(t), "/v1/imports/customers"+tt.query
			want := map[string]any{"lines": 1, "created": 1, "failed": 0}
			maps.Copy(want, tt.more)
			s.run(t, []call{{Name: "import", Method: post, URL: target, Header: asCSV, Body: tt.file, Status: 200, Want: want}})
			if got := s.customers(); len(got) != 1 || got[0] != "X1: Styx|||a@styx.example|1|map[]" {
				t.Errorf("customers: %q", got)
			}
		})
	}
}

// TestImportRefusesWhatIsNoTable checks that the message has the known columns and those of the file, but no data.
func TestImportRefusesWhatIsNoTable(t *testing.T) {
	s := newSystem(t)
	const known = "known columns: id, organisation, firstName, lastName, name, email, phone, push, consent.<name>"
	for _, tt := range []struct{ name, file, problem, not string }{
		{"unknown columns", "Artikel,Preis\nHammer,3\n", known + `; the file has \"Artikel\", \"Preis\"`, ""},
		{"no header", "maria@anders.example,Maria\nann@example.com,Ann\n", "the first line looks like data: put a line before it that names the columns", "anders"},
		{"no header, but numbers", "17,Maria,0301234567\n", "looks like data", "0301234567"},
		{"HTML", "<!doctype html>\n<html><body>maria@anders.example</body></html>", "is HTML", "anders"},
		{"a workbook", "PK\x03\x04\x14", "Excel", ""},
		{"JSON", `{"id":"A"}`, "application/x-ndjson", ""},
		{"Windows-1252 in the header", "id,Name,Stra\xdfe\n", "iconv -f WINDOWS-1252", ""},
	} {
		for _, dry := range []string{"", "?dryRun=true"} {
			got := s.send(post, "/v1/imports/customers"+dry, tt.file, asCSV...)
			text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(got.text)
			if got.status != 422 || got.body["code"] != "INVALID" || !strings.Contains(text, tt.problem) || tt.not != "" && strings.Contains(text, tt.not) {
				t.Errorf("%s: %d %s", tt.name, got.status, text)
			}
		}
	}
	for name, body := range map[string]string{"HTML": "<html></html>", "an array": `[{"id":"A","lastName":"A"}]`} {
		if got := s.send(post, "/v1/imports/customers", body, asNDJSON...); got.status != 422 || got.at("errors.0.field") != "line 1" {
			t.Errorf("%s as NDJSON: %d %s", name, got.status, got.text)
		}
	}
	if got := s.send(post, "/v1/imports/records?kind=ticket", "Artikel,Preis\n", asCSV...); got.status != 422 || !strings.Contains(got.text, `known fields: customer, key, kind, id, parent; the file has \"Artikel\"`) {
		t.Errorf("records: %d %s", got.status, got.text)
	}
}

// TestImportTellsOfWhatIsThere imports lines about existing customers in each state.
func TestImportTellsOfWhatIsThere(t *testing.T) {
	s := newSystem(t)
	for _, id := range []string{"LIVE", "TRASH", "GONE"} {
		s.must(201, post, "/v1/customers", fmt.Sprintf(`{"id":%q,"lastName":"Anders","email":"%s@example.com"}`, id, id))
	}
	s.must(200, remove, "/v1/customers/TRASH", "")
	s.must(200, remove, "/v1/customers/GONE", "")
	s.must(202, post, "/v1/customers/GONE/purge", `{"confirm":"GONE"}`)
	s.work()
	s.must(201, post, "/v1/customers/LIVE/records", `{"kind":"ticket","id":"1","data":{"a":"1"}}`)
	const (
		file    = "id,lastName,email,phone\nLIVE,Anders,,\nTRASH,Other,,1\nGONE,Anders,,\n,,live@example.com,7\nNEW,,trash@example.com,\n"
		records = "customer,id,a\nLIVE,1,2\nTRASH,1,2\n"
		url     = "/v1/imports/customers?onExisting="
	)
	with := func(more map[string]any) map[string]any {
		want := map[string]any{"lines": 5, "created": 0}
		maps.Copy(want, more)
		return want
	}
	skip := with(map[string]any{
		"existing": 3, "found.0.customer": "LIVE", "found.0.state": "active", "found.0.data": "equal", "found.0.differs": nil, "found.1.state": "deleted",
		"found.1.data": "different", "found.1.differs": []any{"lastName", "phone"}, "found.2.line": 5, "found.2.customer": "LIVE", "found.2.differs": []any{"phone"},
		"errors.0.code": "PURGED", "errors.0.certificate.customer": "GONE", "errors.1.code": "EMAIL_TAKEN", "errors.1.owner.id": "TRASH", "errors.1.owner.state": "deleted",
	})
	s.run(t, []call{
		{Name: "skip is the default", Method: post, URL: "/v1/imports/customers", Header: asCSV, Body: file, Status: 200, Want: skip},
		{Name: "skip", Method: post, URL: url + "skip", Header: asCSV, Body: file, Status: 200, Want: skip},
		{Name: "fail", Method: post, URL: url + "fail", Header: asCSV, Body: file, Status: 200, Want: with(map[string]any{
			"existing": 0, "failed": 5, "errors.0.code": "EXISTS", "errors.0.owner.id": "LIVE", "errors.1.owner.state": "deleted", "errors.3.owner.id": "LIVE"})},
		{Name: "update", Method: post, URL: url + "update", Header: asCSV, Body: "id,phone,consent.news\nLIVE,7,yes\nTRASH,1,yes\nGONE,,\n", Status: 200, Want: map[string]any{
			"updated": 1, "failed": 2, "found.0.updated": true, "found.0.differs": []any{"phone", "consents"}, "errors.0.code": "IN_TRASH", "errors.1.code": "PURGED"}},
		{Name: "updated", Method: get, URL: "/v1/customers/LIVE", Status: 200, Want: map[string]any{"lastName": "Anders", "phone": "7", "consents": map[string]any{"news": true}}},
		{Name: "update by NDJSON", Method: post, URL: url + "update", Header: asNDJSON, Body: `{"id":"LIVE","push":true}` + "\n", Status: 200, Want: map[string]any{"updated": 1, "found.0.differs": []any{"push"}}},
		{Name: "another mode", Method: post, URL: url + "replace", Header: asCSV, Body: file, Status: 422, Code: "INVALID"},
		{Name: "records", Method: post, URL: "/v1/imports/records?kind=ticket", Header: asCSV, Body: records, Status: 200, Want: map[string]any{
			"existing": 1, "found.0.record": "ticket~1", "found.0.data": "different", "errors.0.code": "IN_TRASH"}},
		{Name: "records that must be new", Method: post, URL: "/v1/imports/records?kind=ticket&onExisting=fail", Header: asCSV, Body: records, Status: 200, Want: map[string]any{
			"failed": 2, "errors.0.code": "EXISTS", "errors.0.owner.id": "LIVE"}},
		{Name: "records are not updated", Method: post, URL: "/v1/imports/records?kind=ticket&onExisting=update", Header: asCSV, Body: records, Status: 422, Code: "INVALID"},
	})
}

// TestALineIsRefusedAsABodyIs sends the same malformed document to POST and as a line of NDJSON.
func TestALineIsRefusedAsABodyIs(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"A"}`)
	// A line about a record has two fields more, which its path has in a POST.
	inLine := strings.NewReplacer("known fields: data, id, kind, parent", "known fields: customer, data, id, key, kind, parent")
	compare := func(route, imports, body, line string) {
		t.Helper()
		one := s.send(post, route, body)
		many := s.must(200, post, imports, line+"\n", asNDJSON...)
		if one.status < 400 {
			t.Errorf("%s is taken", body)
		}
		var said []string
		for _, e := range many.body["errors"].([]any) {
			e := e.(map[string]any)
			said = append(said, fmt.Sprint(e["code"], e["field"], e["problem"]))
		}
		var want []string
		if problems, ok := one.body["errors"].([]any); ok {
			for _, e := range problems {
				e := e.(map[string]any)
				want = append(want, inLine.Replace(fmt.Sprint(one.body["code"], e["field"], e["problem"])))
			}
		} else {
			want = []string{fmt.Sprint(one.body["code"], nil, one.body["detail"])}
		}
		if fmt.Sprint(said) != fmt.Sprint(want) {
			t.Errorf("%s:\nPOST   %q\nNDJSON %q", line, want, said)
		}
	}
	for _, body := range []string{
		`{}`, `{"id":7,"lastName":"A"}`, `{"lastname":"A"}`, `{"name":"A"}`, `{"lastName":null}`, `{"lastName":"A","push":"yes"}`, `{"lastName":"A","consents":{"a":"yes"}}`,
		`{"lastName":"A","consents":[]}`, `{"id":"not an id","lastName":"A"}`, `{"lastName":"` + strings.Repeat("x", 121) + `"}`, `{"email":"nowhere"}`, `{"lastName":"A\u0000"}`,
		`{"lastName":"A","state":"deleted"}`, `{"lastName":"A","consents":{"a b":true}}`, `{"ID":"A","email":1,"phone":[]}`, `{"id":"","push":true}`,
	} {
		compare("/v1/customers", "/v1/imports/customers", body, body)
	}
	for _, body := range []string{
		`"kind":"letter","id":"1"`, `"kind":7,"id":"1"`, `"kind":"ticket","id":"not an id"`, `"kind":"ticket","id":"1","data":[]`, `"kind":"ticket","id":"1","data":null`, `"kind":"ticket","id":"1","Data":{}`,
		`"kind":"ticket","id":"1","parent":"nonsense"`, `"kind":"ticket","id":"1","parent":"ticket~9"`, `"kind":"` + strings.Repeat("k", 33) + `","id":"1"`, `"kind":"ticket","id":"1","by":"me"`,
	} {
		compare("/v1/customers/A/records", "/v1/imports/records", "{"+body+"}", `{"customer":"A",`+body+"}")
	}
	for _, imports := range []string{"/v1/imports/customers", "/v1/imports/records"} {
		got := s.must(200, post, imports, `{"lastName":"\ud800"}`+"\n"+`{"data":{"a":"\udc00 x"}}`+"\n", asNDJSON...)
		if got.at("errors.0.code") != "MALFORMED" || got.at("errors.1.code") != "MALFORMED" || !strings.Contains(got.text, "surrogate") {
			t.Errorf("lone surrogates: %s", got.text)
		}
	}
}
