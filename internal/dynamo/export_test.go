package dynamo

import "lethe/internal/customer"

// NameBy replaces the rules that make search terms and claims, as another version would.
func (t *Table) NameBy(rules func(customer.Profile) customer.Names) { t.names = rules }

// Projected are the attributes that Units counts for an entry in the lists.
var Projected = projected
