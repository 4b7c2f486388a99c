package recorded

import (
	"fmt"

	"lethe/internal/customer"
)

// The names are of different beginnings, so that search terms are spread over partitions as those of real customers are.
var (
	firstNames = []string{
		"Anna", "Bruno", "Chiara", "Dieter", "Elif", "Fatima", "Georg", "Hannah", "Igor", "Jonas", "Katharina", "Lukas", "Maria", "Nadia", "Oskar", "Paula",
		"Quentin", "Rosa", "Stefan", "Thea", "Ulrich", "Valentin", "Wanda", "Xenia", "Yusuf", "Zoe",
	}
	lastNames = []string{
		"Abel", "Becker", "Conti", "Dvorak", "Engel", "Fischer", "Gruber", "Huber", "Ivanov", "Jansen", "Keller", "Lang", "Meyer", "Novak", "Otto", "Peters",
		"Quist", "Richter", "Schmidt", "Turner", "Ulrich", "Vogel", "Weber", "Yilmaz", "Zimmermann", "Braun", "Dietrich", "Ferrari", "Hoffmann", "Kowalski", "Olsen",
	}
	trades = []string{"Bakery", "Cycles", "Dental", "Electric", "Florist", "Garage", "Hotel", "Import", "Joinery", "Kitchens", "Legal", "Movers", "Optics", "Press", "Roofing", "Travel", "Works"}
)

// person returns the profile of a customer, of ordinary size.
func person(i int) customer.Profile {
	first, last := firstNames[i%len(firstNames)], lastNames[i*7%len(lastNames)]
	return customer.Profile{
		Organisation: fmt.Sprintf("%s %s", last, trades[i*5%len(trades)]), FirstName: first, LastName: last,
		Email: fmt.Sprintf("%s.%s%d@example.com", first, last, i), Phone: fmt.Sprintf("+49 %d %07d", 30+i%60, 1000000+i*7919%9000000),
	}
}
