package dynamo

import "lethe/internal/customer"

// NameBy lets another version's rules decide by what customers are found.
func (t *Table) NameBy(rules func(customer.Profile) customer.Names) { t.names = rules }
