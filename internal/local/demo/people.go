package demo

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/brianvoe/gofakeit/v7"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// region has the names of people and organisations of a part of the world, and its form of phone numbers. The numbers are
// from the blocks that regulators reserve for fiction, where such blocks exist.
type region struct {
	share  int // of a hundred customers
	first  []string
	last   []string
	firms  []string // with %s for a last name
	phones []string // with # for a digit
}

var regions = []region{
	{
		share:  30, // English names come from gofakeit
		firms:  []string{"%s Ltd", "%s & Sons", "%s Media", "The %s Group", "%s's Garden Centre", "%s Holdings LLC"},
		phones: []string{"(555) 555-01##", "+1 555 555 01##", "020 7946 0###", "07700 900###", "+44 20 7946 0###", "01632 960###"},
	}, {
		share:  24,
		first:  []string{"Jürgen", "Käthe", "Björn", "Sabine", "Anneliese", "Jörg", "Maximilian", "Zoë", "Lena", "Götz"},
		last:   []string{"Müller", "Schröder", "Weiß", "Köhler", "Groß", "Böhm", "Schäfer", "Vogel", "Krüger", "von der Heide"},
		firms:  []string{"%s GmbH", "%s & Söhne KG", "Bäckerei %s", "Praxis Dr. %s", "%s Tiefbau AG", "Café %s"},
		phones: []string{"030 23125 ###", "030/23125###", "+49 30 23125-###", "089 99998-###", "(040) 66969 ###", "+49 (0)221 4710 ###"},
	}, {
		share:  14,
		first:  []string{"Élodie", "Jérôme", "Françoise", "Loïc", "Anaïs", "Benoît", "Maëlle"},
		last:   []string{"Lefèvre", "D'Aubigné", "Béranger", "Châtelain", "L'Hôpital", "Noël", "Garçon"},
		firms:  []string{"%s et Fils", "Boulangerie %s", "Atelier %s SARL", "Éditions %s"},
		phones: []string{"01 99 00 ## ##", "+33 1 99 00 ## ##", "02.61.91.##.##", "06 39 98 ## ##"},
	}, {
		share:  10,
		first:  []string{"José", "María José", "Íñigo", "Begoña", "Raúl", "Nuño", "Ángela"},
		last:   []string{"Núñez", "Ibáñez", "Muñoz", "García-Márquez", "Peña", "Güell"},
		firms:  []string{"Taquería %s", "%s Hermanos S.L.", "Librería %s", "Jardinería %s"},
		phones: []string{"91 555 ## ##", "+34 91 555 ## ##", "(5) 555-####", "+52 55 5555 ####"},
	}, {
		share:  8,
		first:  []string{"Łukasz", "Małgorzata", "Świętosława", "Grażyna", "Krzysztof", "Jaśmina"},
		last:   []string{"Żółkiewski", "Wójcik", "Dąbrowska", "Łęcki", "Śliwiński"},
		firms:  []string{"%s Sp. z o.o.", "Piekarnia %s", "Kwiaciarnia %s"},
		phones: []string{"22 555 ## ##", "+48 22 555 ## ##", "601 555 ###"},
	}, {
		share:  5,
		first:  []string{"Åse", "Søren", "Øyvind", "Göran", "Brynhildur", "Päivi"},
		last:   []string{"Ødegård", "Sjöström", "Kjær", "Hämäläinen", "Þórsdóttir"},
		firms:  []string{"%s AB", "%s A/S", "Fiskebutikken %s"},
		phones: []string{"08-465 004 ##", "+46 8 465 004 ##", "+45 33 55 5# ##", "22 55 5# ##"},
	}, {
		share:  3,
		first:  []string{"太郎", "花子", "健一", "美咲"},
		last:   []string{"山田", "佐藤", "鈴木", "高橋"},
		firms:  []string{"%s商事株式会社", "%s花店", "有限会社%s"},
		phones: []string{"03-5550-####", "+81 3-5550-####"},
	}, {
		share:  3,
		first:  []string{"Ольга", "Тарас", "Богдан", "Наталія"},
		last:   []string{"Ковальчук", "Шевченко", "Бойко", "Лук'яненко"},
		firms:  []string{"ТОВ %s", "Книгарня %s"},
		phones: []string{"044 555 ## ##", "+380 44 555 ## ##"},
	}, {
		share:  3,
		first:  []string{"ليلى", "يوسف", "مريم", "خالد"},
		last:   []string{"الحداد", "النجار", "منصور", "خليل"},
		firms:  []string{"مؤسسة %s", "مكتبة %s"},
		phones: []string{"02 555 ####", "+20 2 2555 ####"},
	},
}

// oddities are customers with names that programs often handle wrongly: spreadsheet formulas, markup, quotes, one letter,
// the longest name allowed.
var oddities = []Customer{
	{Organisation: "=SUM(1)", FirstName: "Formula", LastName: "Cell"},
	{Organisation: "+49 Events", FirstName: "@home", LastName: "-1+1"},
	{Organisation: `=HYPERLINK("https://phishing.example","click")`},
	{Organisation: "<b>Bold</b> & Partners"},
	{Organisation: `Quote "Inner" Studio`, FirstName: "Seán", LastName: "O'Neill"},
	{FirstName: "Robert'); DROP TABLE customers;--", LastName: "Tables"},
	{Organisation: "X"},
	{FirstName: "Null", LastName: "NULL"},
	{Organisation: "🌻 Sunflower Collective"},
	{FirstName: "Nguyễn Thị", LastName: "Ánh"},
	{Organisation: "Ψάρι & Ελιά", FirstName: "Αγγελική", LastName: "Θεοδωρακοπούλου"},
	{Organisation: strings.Repeat("Gesellschaft für lange Namen ", 4)[:116] + "KG"},
	{Organisation: "שלום תקשורת", FirstName: "נועה", LastName: "לוי"},
	{FirstName: "Prince"},
}

// people makes up customers.
type people struct {
	faker *gofakeit.Faker
	taken map[string]bool // e-mail addresses
}

// oddityEvery is the distance between two oddities in the list of customers.
const oddityEvery = 200

func (p people) customer(i int) Customer {
	r := p.region()
	c := Customer{}
	if odd := i / oddityEvery; i%oddityEvery == oddityEvery/2 && odd < len(oddities) {
		c = oddities[odd]
	} else {
		c.FirstName, c.LastName = p.name(r)
		if chance(p.faker, 55) {
			c.Organisation = p.firm(r)
		}
	}
	c.ID = id(i)
	if chance(p.faker, 88) {
		c.Email = p.email(c)
	}
	if chance(p.faker, 82) {
		c.Phone = p.faker.Numerify(choose(p.faker, r.phones))
	}
	c.Push = chance(p.faker, 30)
	c.Consents = p.consents()
	return c
}

func id(i int) string { return fmt.Sprintf("k%04d", i+1) }

func (p people) region() region {
	n := p.faker.Number(1, 100)
	for _, r := range regions {
		if n -= r.share; n <= 0 {
			return r
		}
	}
	return regions[0]
}

func (p people) name(r region) (first, last string) {
	if r.first == nil {
		return p.faker.FirstName(), p.faker.LastName()
	}
	return choose(p.faker, r.first), choose(p.faker, r.last)
}

func (p people) firm(r region) string {
	_, last := p.name(r)
	return fmt.Sprintf(choose(p.faker, r.firms), last)
}

func (p people) consents() map[string]bool {
	given := map[string]bool{}
	for _, name := range []string{"newsletter", "product-news", "analytics"} {
		if chance(p.faker, 45) {
			given[name] = chance(p.faker, 70)
		}
	}
	return given
}

// email makes an address in a domain that RFC 2606 reserves.
func (p people) email(c Customer) string {
	local, domain := slug(c.FirstName+" "+c.LastName), choose(p.faker, []string{"example.com", "example.org", "example.net"})
	if firm := slug(c.Organisation); firm != "" {
		domain = firm + ".example"
	}
	if local == "" {
		local = choose(p.faker, []string{"office", "info", "hello"})
	}
	for n := 1; ; n++ {
		address := local + "@" + domain
		if n > 1 {
			address = fmt.Sprintf("%s.%d@%s", local, n, domain)
		}
		if !p.taken[address] {
			p.taken[address] = true
			return address
		}
	}
}

const maxSlug = 40

// slug returns a name for an address: Latin letters without diacritics, in lower case.
func slug(name string) string {
	bare := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)))
	name, _, err := transform.String(bare, strings.NewReplacer("ß", "ss", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L").Replace(name))
	if err != nil {
		return ""
	}
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	s := strings.Join(words, "-")
	return strings.Trim(s[:min(len(s), maxSlug)], "-")
}
