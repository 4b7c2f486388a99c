package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lethe/internal/docstest"
)

// commandOfPage is a command of docs/importing.md.
type commandOfPage struct{ target, file string }

func commandsOfPage(t *testing.T, section string) (commands []commandOfPage) {
	t.Helper()
	text := docstest.Section(t, "docs/importing.md", section)
	for _, m := range regexp.MustCompile(`(?m)^csv "([^"]+)" (\S+)`).FindAllStringSubmatch(text, -1) {
		commands = append(commands, commandOfPage{"/v1/imports/" + m[1], m[2]})
	}
	return commands
}

// TestExportsOfOthers runs the command that the page gives for each system on an export of that system: the header as
// it really is, the people invented.
func TestExportsOfOthers(t *testing.T) {
	for _, tt := range []struct {
		section, mapped, ignored string
		customers                []string // organisation, first name, last name, e-mail address, phone number, consents
	}{
		{"### Shopify", "Customer ID:id First Name:firstName Last Name:lastName Email:email Phone:phone", "Accepts SMS Marketing", []string{
			"7041234567801: Moosbrugger & Töchter|Ida|Moosbrugger|ida.moosbrugger@shop.example|+43 5522 700100|map[newsletter:true]",
			"7041234567802: |||newsletter-only@shop.example||map[newsletter:true]",
			"7041234567803: |Teo|Ruggeri||+39 0461 700200|map[newsletter:false]",
		}},
		{"### Stripe", "Email:email Name:name", "Description", []string{
			"cus_Qa1b2C3d4E5f6G: |Brunnen|Wasserbau|accounts@brunnen.example||map[]",
			"cus_Qa1b2C3d4E5f6H: |Noor|Haddad|noor@haddad.example||map[]",
			"cus_Qa1b2C3d4E5f6J: |||guest-checkout@haddad.example||map[]",
		}},
		{"### HubSpot", "First Name:firstName Last Name:lastName Email:email Phone Number:phone", "Contact owner", []string{
			"90210411001: Okonjo Freight|Yara|Okonjo|yara@okonjo-freight.example|+234 1 700 3000|map[]",
			"90210411002: |||info@quiet-lead.example||map[]",
			"90210411003: Zwart, Wit & Grijs|Piet|Zwart||+31 20 700 4000|map[]",
		}},
		{"### Mailchimp", "Email Address:email First Name:firstName Last Name:lastName Phone Number:phone", "MEMBER_RATING", []string{
			"|Salma|Idrissi|salma@harbour-choir.example|+44 20 7000 5000|map[]",
			"|||bare@harbour-choir.example||map[]",
		}},
		{"### WooCommerce", "Name:name Email:email", "Username", []string{
			"|Aurelie|Sanchez-Diaz|aurelie@tienda.example||map[]",
			"|Jun|Mori|jun.mori@tienda.example||map[]",
			"|||guest-order@tienda.example||map[]",
		}},
		{"### Salesforce", "First Name:firstName Last Name:lastName Account Name:organisation Phone:phone Email:email", "Mobile", []string{
			"003Qa00000AbCdEIAV: Nordlys Belysning|Helle|Østergaard|helle@nordlys.example|+45 70 00 60 00|map[]",
			"003Qa00000AbCdFIAV: Nordlys Belysning|Tomás|Ó Briain||+353 1 700 6100|map[]",
			"003Qa00000AbCdGIAV: Ferry \"Styx\" Ltd||Reception|desk@styx.example|+44 20 7000 6200|map[]",
		}},
		{"### Google Contacts", "First Name:firstName Last Name:lastName Organization Name:organisation E-mail 1 - Value:email Phone 1 - Value:phone", "Nickname", []string{
			"Talbot Joinery|Wren|Talbot|wren@talbot-joinery.example|+44 7700 900700|map[]",
			"|||unnamed@correspondent.example||map[]",
			"|Grandma|||+44 7700 900701|map[]",
			"Corner Bakery|||||map[]",
		}},
	} {
		t.Run(tt.section, func(t *testing.T) {
			s, commands := newSystem(t), commandsOfPage(t, tt.section)
			if len(commands) != 1 {
				t.Fatalf("%d commands", len(commands))
			}
			file, err := os.ReadFile(filepath.Join("testdata/exports", commands[0].file))
			if err != nil {
				t.Fatal(err)
			}
			separator := "?"
			if strings.Contains(commands[0].target, "?") {
				separator = "&"
			}
			n := float64(len(tt.customers))
			dry := s.must(200, post, commands[0].target+separator+"dryRun=true", string(file), asCSV...)
			run := s.must(200, post, commands[0].target, string(file), asCSV...)
			if run.body["created"] != n || run.body["failed"] != 0.0 || strings.Replace(dry.text, `"dryRun":true`, `"dryRun":false`, 1) != run.text {
				t.Errorf("dry: %s\nrun: %s", dry.text, run.text)
			}
			var mapped []string
			for _, m := range run.body["mappedColumns"].([]any) {
				mapped = append(mapped, fmt.Sprintf("%s:%s", m.(map[string]any)["column"], m.(map[string]any)["field"]))
			}
			if got := strings.Join(mapped, " "); got != tt.mapped || !slices.Contains(run.body["ignoredColumns"].([]any), any(tt.ignored)) {
				t.Errorf("mapped %s, ignored %v", got, run.body["ignoredColumns"])
			}
			if got := s.customers(); !slices.Equal(got, slices.Sorted(slices.Values(tt.customers))) {
				t.Errorf("customers:\n%s", strings.Join(got, "\n"))
			}
			if again := s.must(200, post, commands[0].target, string(file), asCSV...); again.body["existing"] != n || again.at("found.0.data") != "equal" {
				t.Errorf("again: %s", again.text)
			}
		})
	}
}

// customers are all there are, with their ids where those were not made.
func (s *system) customers() (list []string) {
	s.t.Helper()
	for _, c := range s.must(200, get, "/v1/customers", "").body["customers"].([]any) {
		c := c.(map[string]any)
		text := fmt.Sprintf("%s|%s|%s|%s|%s|%v", c["organisation"], c["firstName"], c["lastName"], c["email"], c["phone"], c["consents"])
		if id := c["id"].(string); len(id) < 26 {
			text = id + ": " + text
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// TestThePagesNorthwind runs the page's commands for Northwind's files on an imitation of these.
func TestThePagesNorthwind(t *testing.T) {
	s := newSystem(t)
	files := map[string]string{"customers.csv": oldCustomers, "orders.csv": oldOrders, "lines.csv": oldLines}
	created := map[string]float64{"customers.csv": 3, "orders.csv": 2, "lines.csv": 2}
	commands := commandsOfPage(t, "## Records")
	if len(commands) != len(files) {
		t.Fatalf("commands: %q", commands)
	}
	for _, c := range commands {
		if got := s.must(200, post, c.target, files[c.file], asCSV...); got.body["created"] != created[c.file] {
			t.Errorf("%s: %s", c.target, got.text)
		}
	}
}
