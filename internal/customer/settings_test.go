package customer

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// faults returns the names of the fields in an *InvalidError.
func faults(err error) string {
	var invalid *InvalidError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &invalid):
		return "not an InvalidError: " + err.Error()
	}
	var fields []string
	for _, f := range invalid.Fields {
		fields = append(fields, f.Field)
	}
	return strings.Join(fields, " ")
}

func kinds(n int) []Kind {
	list := make([]Kind, n)
	for i := range list {
		list[i] = Kind{Name: fmt.Sprint("k", i), Policy: Cascade}
	}
	return list
}

// keeping returns kinds that keep fields. The names of the fields have the given number of bytes altogether.
func keeping(bytes int) []Kind {
	list := kinds(MaxKinds)
	for i := range list {
		for list[i].Policy = Retain; bytes > 0 && len(list[i].Keep) < MaxKeptFields; bytes -= min(bytes, MaxName) {
			list[i].Keep = append(list[i].Keep, strings.Repeat("f", min(bytes, MaxName)))
		}
	}
	return list
}

func TestFreezeReturnsTheKindsThatDoNotRestrict(t *testing.T) {
	for _, test := range []struct {
		name string
		of   Settings
		want []Kind
	}{
		{"every policy", everyPolicy, []Kind{{Name: "chat", Policy: Cascade}, {Name: "payment", Policy: Retain}}},
		{"no kinds", Settings{}, []Kind{}},
	} {
		if got := test.of.Freeze(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %#v", test.name, got)
		}
	}
	if len(everyPolicy.Kinds) != 4 || everyPolicy.Kinds[0].Name != "booking" {
		t.Errorf("Freeze changed its receiver: %v", everyPolicy.Kinds)
	}
}

func TestAnUndeclaredKindRestricts(t *testing.T) {
	for kind, want := range map[string]Policy{"chat": Cascade, "invoice": Restrict, "payment": Retain, "Chat": Restrict, "": Restrict, "unknown": Restrict} {
		if got := everyPolicy.Policy(kind); got != want {
			t.Errorf("%q: %s, want %s", kind, got, want)
		}
	}
	if got := everyPolicy.Restricting(); !slices.Equal(got, []string{"booking", "invoice"}) {
		t.Errorf("restricting: %v", got)
	}
	if got := (Settings{}).Restricting(); got != nil {
		t.Errorf("no kinds restrict: %v", got)
	}
}

func TestKindsAreFoundByTheirWholeName(t *testing.T) {
	for _, want := range everyPolicy.Kinds {
		if k, ok := everyPolicy.Kind(want.Name); !ok || k.Name != want.Name || k.Policy != want.Policy {
			t.Errorf("%s: %+v, %v", want.Name, k, ok)
		}
	}
	if k, ok := everyPolicy.Kind("pay"); ok || k.Name != "" {
		t.Errorf("pay: %+v, %v", k, ok)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	fields := func(n int) []string { return slices.Repeat([]string{"freight"}, n) }
	for _, test := range []struct {
		name  string
		kinds []Kind
		want  string // the fields that are wrong
	}{
		{"none", nil, ""},
		{"every policy", everyPolicy.Kinds, ""},
		{"as many as can be", kinds(MaxKinds), ""},
		{"one too many", kinds(MaxKinds + 1), "kinds"},
		{"one twice", append(kinds(2), Kind{Name: "k1", Policy: Retain}), "kinds"},
		{"no name", []Kind{{Policy: Cascade}}, "kinds.name"},
		{"a name in capitals", []Kind{{Name: "Chat", Policy: Cascade}}, "kinds.name"},
		{"a digit first", []Kind{{Name: "1st", Policy: Cascade}}, "kinds.name"},
		{"a separator in the name", []Kind{{Name: "a~b", Policy: Cascade}}, "kinds.name"},
		{"a line break after the name", []Kind{{Name: "chat\n", Policy: Cascade}}, "kinds.name"},
		{"the longest name", []Kind{{Name: strings.Repeat("k", 32), Policy: Cascade}}, ""},
		{"a name that is too long", []Kind{{Name: strings.Repeat("k", 33), Policy: Cascade}}, "kinds.name"},
		{"no policy", []Kind{{Name: "chat"}}, "kinds.policy"},
		{"another policy", []Kind{{Name: "chat", Policy: "forget"}}, "kinds.policy"},
		{"fields kept", []Kind{{Name: "chat", Policy: Retain, Keep: fields(MaxKeptFields)}}, ""},
		{"too many fields kept", []Kind{{Name: "chat", Policy: Retain, Keep: fields(MaxKeptFields + 1)}}, "kinds.keep"},
		{"as long names as can be kept", keeping(MaxKeptNames), ""},
		{"a byte too much", keeping(MaxKeptNames + 1), "kinds.keep"},
		{"fields kept of what goes", []Kind{{Name: "chat", Policy: Cascade, Keep: fields(1)}}, "kinds.keep"},
		{"fields kept of what restricts", []Kind{{Name: "chat", Policy: Restrict, Keep: fields(1)}}, "kinds.keep"},
		{"a field in bad UTF-8", []Kind{{Name: "chat", Policy: Retain, Keep: []string{"\xff"}}}, "kinds.keep"},
		{"a field with a NUL", []Kind{{Name: "chat", Policy: Retain, Keep: []string{"a\x00"}}}, "kinds.keep"},
		{"everything at once", []Kind{{Name: "?", Policy: "?", Keep: []string{"x"}}}, "kinds.name kinds.policy kinds.keep"},
	} {
		if got := faults(Settings{Kinds: test.kinds}.Validate(Settings{})); got != test.want {
			t.Errorf("%s: %q is wrong, want %q", test.name, got, test.want)
		}
	}
}

func TestAKindMayChangeButNotDisappear(t *testing.T) {
	changed := Settings{Kinds: slices.Clone(everyPolicy.Kinds)}
	for i := range changed.Kinds {
		changed.Kinds[i].Policy = Cascade
	}
	if err := changed.Validate(everyPolicy); err != nil {
		t.Errorf("other policies: %v", err)
	}
	left := Settings{Kinds: everyPolicy.Kinds[:2]}
	if got := faults(left.Validate(everyPolicy)); got != "kinds kinds" {
		t.Errorf("two kinds less: %q", got)
	}
	if err := left.Validate(everyPolicy); err == nil || !strings.Contains(err.Error(), "leaves out payment") {
		t.Errorf("the error does not name the missing kind: %v", err)
	}
}

func TestAShortNoticeMustBeAcknowledged(t *testing.T) {
	month, short := PeriodOf(30*day), PeriodOf(ShortNotice-time.Second)
	for _, test := range []struct {
		name          string
		before, after Period
		acknowledged  bool
		want          error
	}{
		{"shorter, but a day", month, PeriodOf(ShortNotice), false, nil},
		{"less than a day", month, short, false, ErrConfirm},
		{"at once", month, Period{}, false, ErrConfirm},
		{"less than a day, after never", Never, short, false, ErrConfirm},
		{"less than a day, knowingly", month, short, true, nil},
		{"longer, and still less than a day", Period{}, short, false, nil},
		{"as it was", short, short, false, nil},
		{"never", short, Never, false, nil},
	} {
		store := scripted{settings: Settings{Version: 1, Retention: test.before}}
		_, err := store.service(t).UpdateSettings(t.Context(), Settings{Version: 1, Retention: test.after}, test.acknowledged, "admin")
		if !errors.Is(err, test.want) || (len(store.calls) == 1) != (test.want == nil) {
			t.Errorf("%s: %v, wrote %v, want %v", test.name, err, store.calls, test.want)
		}
	}
}

func TestSettingsOfAnotherVersionAreNotReplaced(t *testing.T) {
	store := scripted{settings: Settings{Version: 2}}
	current, err := store.service(t).UpdateSettings(t.Context(), Settings{Version: 1}, true, "admin")
	if !errors.Is(err, ErrVersion) || current.Version != 2 || len(store.calls) != 0 {
		t.Errorf("%+v, %v, wrote %v", current, err, store.calls)
	}
}
