package customer

import (
	"reflect"
	"slices"
	"testing"
)

// TestAServiceHandsOutReadingOnly holds what callers can reach of the store, the ledger and the
// queue through a service: reading that needs no rule, and methods of its own.
func TestAServiceHandsOutReadingOnly(t *testing.T) {
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
			t.Errorf("%s gets round the rules", name)
		}
	}
}

// ruled are the methods that a service has itself, with rules around what the store has by the
// same name.
var ruled = []string{"Create", "Delete", "Restore", "Hold", "Lift", "AddRecords", "RemoveRecord", "Settings"}

// TestAServiceHidesWhatItWorksWith looks for fields that lead to the store past the methods.
func TestAServiceHidesWhatItWorksWith(t *testing.T) {
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
