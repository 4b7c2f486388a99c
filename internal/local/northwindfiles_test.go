package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// northwindFolder is a variable that names a folder with customers.csv, orders.csv and order-details.csv of the Northwind
// database, with the header lines customerHeader, orderHeader and lineHeader. The files belong to others and are not in this
// repository. Without them the tests use an imitation of their form and their faults, which can't show what else the real files
// contain.
const northwindFolder = "LETHE_NORTHWIND"

// northwind has three files as another system exports them: some lines are malformed.
type northwind struct{ customers, orders, lines []byte }

func northwindFiles(t *testing.T) northwind {
	t.Helper()
	folder := os.Getenv(northwindFolder)
	if folder == "" {
		t.Logf("these files are an imitation of Northwind's; %s names a folder with the real ones", northwindFolder)
		return makeNorthwind()
	}
	t.Logf("these files are those of %s", folder)
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	return northwind{read("customers.csv"), read("orders.csv"), read("order-details.csv")}
}

// withCustomers adds the customer to each order line, as docs/importing.md does with join. The customer is the second field of
// the order, which may be malformed.
func (n northwind) withCustomers() []byte {
	customer := map[string]string{}
	for line := range strings.Lines(string(n.orders)) {
		fields := strings.Split(line, ",")
		customer[fields[0]] = fields[1]
	}
	customer["orderID"] = "customer"
	var joined bytes.Buffer
	for line := range strings.Lines(string(n.lines)) {
		order, _, _ := strings.Cut(line, ",")
		fmt.Fprintf(&joined, "%s,%s", customer[order], line)
	}
	return joined.Bytes()
}

// sheet is the expected content of a file: its rows by line number. Lines without a row are malformed.
type sheet struct {
	lines int
	rows  map[int]map[string]string
}

// readSheet parses each line by itself: no value in these files contains a line break.
func readSheet(t *testing.T, file []byte) sheet {
	t.Helper()
	s := sheet{rows: map[int]map[string]string{}}
	var header []string
	number := 0
	for line := range strings.Lines(string(file)) {
		number++
		values, err := csv.NewReader(strings.NewReader(line)).Read()
		if number == 1 {
			header = values
			continue
		}
		s.lines++
		if err != nil || len(values) != len(header) {
			continue
		}
		s.rows[number] = map[string]string{}
		for i, name := range header {
			s.rows[number][name] = values[i]
		}
	}
	if len(s.rows) == 0 {
		t.Fatal("the file has no row")
	}
	return s
}

// expectation is the expected result of the import.
type expectation struct {
	customers, orders, lines outcome
	// invoices and orderLines are the numbers by customer.
	invoices, orderLines map[string]int64
}

// outcome is the expected result of one file: the number of lines, and those that can't be imported.
type outcome struct {
	lines  int
	failed []int
}

func (o outcome) created() int { return o.lines - len(o.failed) }

func (n northwind) expect(t *testing.T) expectation {
	t.Helper()
	e := expectation{invoices: map[string]int64{}, orderLines: map[string]int64{}}
	customers, orders := map[string]bool{}, map[string]bool{}
	e.customers = imported(readSheet(t, n.customers), func(row map[string]string) bool {
		customers[row["customerID"]] = true
		return true
	})
	e.orders = imported(readSheet(t, n.orders), func(row map[string]string) bool {
		if !customers[row["customerID"]] {
			return false
		}
		orders[row["orderID"]] = true
		e.invoices[row["customerID"]]++
		return true
	})
	e.lines = imported(readSheet(t, n.withCustomers()), func(row map[string]string) bool {
		if !orders[row["orderID"]] {
			return false
		}
		e.orderLines[row["customer"]]++
		return true
	})
	return e
}

// imported returns the outcome of a file. accept reports whether the parent of a row exists.
func imported(s sheet, accept func(row map[string]string) bool) outcome {
	o := outcome{lines: s.lines}
	for line := 2; line < s.lines+2; line++ {
		if row, wellFormed := s.rows[line]; !wellFormed || !accept(row) {
			o.failed = append(o.failed, line)
		}
	}
	return o
}

// busiest returns the customers with the most invoices, sorted by that number.
func (e expectation) busiest() []string {
	ids := slices.Sorted(maps.Keys(e.invoices))
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(e.invoices[b], e.invoices[a]) })
	return ids
}

const (
	customerHeader = "customerID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax\n"
	orderHeader    = "orderID,customerID,employeeID,orderDate,requiredDate,shippedDate,shipVia,freight,shipName,shipAddress,shipCity,shipRegion,shipPostalCode,shipCountry\n"
	lineHeader     = "orderID,productID,unitPrice,quantity,discount\n"
)

var (
	madeCompanies = []string{`Blumen ""Zur Linde""`, "Café Noé, père et fils", "Ñandú Exportación", "Žluťoučký kůň", "会津酒造", "Σωκράτης ΑΕ", "O'Neill & Sons"}
	madePeople    = []string{"Anna Müller", "José Pérez Gómez", "李 小龍", "Nikos Παππάς", "Zoë", "Seán Ó Briain"}
	madeStreets   = []string{"Hauptstr. 5", "12, rue du Port", `Casa ""Luna"" 3`, "丸の内 1-2"}
)

// makeNorthwind makes an imitation: files of the same form and with the same faults, the same at each call.
func makeNorthwind() northwind {
	random := rand.New(rand.NewPCG(1996, 1998))
	customers, orders, lines := bytes.NewBufferString(customerHeader), bytes.NewBufferString(orderHeader), bytes.NewBufferString(lineHeader)
	order := 10248
	for i := range 40 {
		id := fmt.Sprintf("CUS%c%c", 'A'+i/26, 'A'+i%26)
		company := fmt.Sprintf("%s %02d", madeCompanies[i%len(madeCompanies)], i)
		street := quoted(madeStreets[i%len(madeStreets)])
		if i%9 == 4 {
			street = "24, place Kléber" // not in quotes, as in the original
		}
		fmt.Fprintf(customers, "%s,%s,%s %02d,Owner,%s,Zürich,NULL,%05d,Switzerland,(5) 555-%04d,%s\n",
			id, quoted(company), madePeople[i%len(madePeople)], i, street, random.IntN(1e5), 4700+i, []string{"NULL", "(5) 555-3745"}[i%2])
		for range random.IntN(16) {
			writeOrder(orders, random, order, id, company, street)
			writeLines(lines, random, order)
			order++
		}
	}
	customers.WriteString("SHORT,too few columns\n" + `QUOTE,a "bare" quote,X,Owner,A 1,B,NULL,1,C,1,NULL` + "\n")
	fmt.Fprintf(orders, "%d,NOONE,5,1996-07-04,NULL,NULL,3,32.38,Nobody,A 1,B,NULL,1,C\n", order)
	writeLines(lines, random, order)
	return northwind{customers.Bytes(), orders.Bytes(), lines.Bytes()}
}

func quoted(value string) string { return `"` + value + `"` }

func writeOrder(file *bytes.Buffer, random *rand.Rand, order int, customer, company, street string) {
	shipped := "1996-07-16 00:00:00.000"
	if random.IntN(10) == 0 {
		shipped, street = "NULL", "67, avenue de l'Europe"
	}
	fmt.Fprintf(file, "%d,%s,%d,1996-07-04 00:00:00.000,1996-08-01 00:00:00.000,%s,%d,%d.%02d,%s,%s,Zürich,NULL,8001,Switzerland\n",
		order, customer, 1+random.IntN(9), shipped, 1+random.IntN(3), random.IntN(500), random.IntN(100), quoted(company), street)
}

func writeLines(file *bytes.Buffer, random *rand.Rand, order int) {
	for product := range 1 + random.IntN(4) {
		fmt.Fprintf(file, "%d,%d,%d.50,%d,0.15\n", order, 1+product*11, 2+random.IntN(60), 1+random.IntN(40))
	}
}
