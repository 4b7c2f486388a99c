package customer

import (
	"reflect"
	"slices"
	"testing"
)

// TestAServiceExportsReadingOnly checks that callers reach only the reading methods of the store, the ledger
// and the queue through a service, besides its own methods.
func TestAServiceExportsReadingOnly(t *testing.T) {
	reading := slices.Concat(methods[Reader](), methods[LedgerReader]())
	has := methods[*Service]()
	for _, name := range slices.Concat(methods[Store](), methods[Ledger](), methods[Queue]()) {
		want := slices.Contains(reading, name) || slices.Contains(ruled, name)
		if got := slices.Contains(has, name); got != want {
			t.Errorf("a service has the method %s: %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{"Erase", "Remove", "Certify", "Advance", "PutSettings", "PutBack", "Enqueue"} {
		if slices.Contains(has, name) {
			t.Errorf("a service exports %s, which applies no rules", name)
		}
	}
}

// ruled has the methods of a service that apply rules and call the store's method of the same name.
var ruled = []string{"Create", "Delete", "Restore", "Hold", "Lift", "AddRecords", "RemoveRecord", "Settings"}

// TestAServiceHidesItsStore checks that no exported field gives access to the store.
func TestAServiceHidesItsStore(t *testing.T) {
	for field := range reflect.TypeFor[Service]().Fields() {
		switch {
		case !field.IsExported(), field.Type == reflect.TypeFor[Reader](), field.Type == reflect.TypeFor[LedgerReader]():
		case field.Type.Kind() == reflect.Interface:
			t.Errorf("the field %s is exported", field.Name)
		}
	}
}

func methods[T any]() (names []string) {
	for m := range reflect.TypeFor[T]().Methods() {
		names = append(names, m.Name)
	}
	return names
}
