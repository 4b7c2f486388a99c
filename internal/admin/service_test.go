package admin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/refusal"
	"lethe/internal/sim/model"
)

var (
	ann  = admin.Identity{Subject: "ann", Groups: []string{"chiefs"}}
	ben  = admin.Identity{Subject: "ben", Groups: []string{"support"}}
	mapA = admin.Rules{Groups: []admin.Grant{
		{Group: "chiefs", Permissions: []admin.Permission{admin.Settings}},
		{Group: "support", Permissions: []admin.Permission{admin.CustomersRead}},
	}}
)

func newService(store admin.Store) *admin.Service {
	s := admin.New(store)
	s.AdminGroup, s.RulesAge = "owners", time.Second
	return s
}

func newStore() admin.Store { return model.Table{Model: model.New()} }

// counting counts the reads of a store, and can make them fail.
type counting struct {
	admin.Store

	reads atomic.Int32
	fail  error
}

func (c *counting) Rules(ctx context.Context) (admin.Rules, error) {
	c.reads.Add(1)
	if c.fail != nil {
		return admin.Rules{}, c.fail
	}
	return c.Store.Rules(ctx)
}

func admit(t *testing.T, s *admin.Service, who admin.Identity) admin.Administrator {
	t.Helper()
	a, err := s.Admit(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func change(t *testing.T, s *admin.Service, by admin.Identity, wanted admin.Rules) admin.Rules {
	t.Helper()
	stored, err := s.Change(t.Context(), admin.Administrator{Identity: by}, wanted)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestRulesAreReadOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &counting{Store: newStore()}
		s := newService(store)
		for range 100 {
			admit(t, s, ann)
			time.Sleep(25 * time.Millisecond)
		}
		if n := store.reads.Load(); n != 3 {
			t.Errorf("%d reads in 2.5 s, want 3", n)
		}
	})
}

func TestAFailedReadAdmitsNobody(t *testing.T) {
	store := &counting{Store: newStore(), fail: errors.New("busy")}
	s := newService(store)
	for range 2 {
		if _, err := s.Admit(t.Context(), admin.Identity{Subject: "ann", Groups: []string{"owners"}}); !errors.Is(err, store.fail) {
			t.Errorf("got %v", err)
		}
	}
	store.fail = nil
	admit(t, s, ann)
}

// TestAChangeIsInForceEverywhereWhenItAnswers has another process that has just read the old rules.
func TestAChangeIsInForceEverywhereWhenItAnswers(t *testing.T) {
	suspend := func(t *testing.T, s *admin.Service) {
		if _, err := s.Suspend(t.Context(), admin.Administrator{Identity: ann}, "ben"); err != nil {
			t.Fatal(err)
		}
	}
	for name, do := range map[string]func(*testing.T, *admin.Service){
		"suspension": suspend,
		"the same suspension again": func(t *testing.T, s *admin.Service) {
			suspend(t, s)
			suspend(t, s)
		},
		"a group that loses a permission": func(t *testing.T, s *admin.Service) {
			change(t, s, ann, admin.Rules{Version: 1, Groups: mapA.Groups[:1]})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := newStore()
			here, there := newService(store), newService(store)
			change(t, here, admin.Identity{Subject: "ann", Groups: []string{"owners"}}, mapA)
			if !admit(t, there, ben).May(admin.CustomersRead) {
				t.Fatal("ben may do nothing from the beginning")
			}
			answered := make(chan struct{})
			go func() { do(t, here); close(answered) }()
			time.Sleep(900 * time.Millisecond)
			admit(t, there, ben) // by the rules that it has, or in its last moment
			<-answered
			if a, err := there.Admit(t.Context(), ben); err == nil && a.May(admin.CustomersRead) {
				t.Errorf("%s: the other process goes by the old rules", name)
			}
		})
	}
}

func TestSuspensions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(newStore())
		ctx, by := t.Context(), admin.Administrator{Identity: ann}
		start := s.Now()
		for _, subject := range []string{"zoe", "ben", "zoe", "auth0|x y"} {
			if _, err := s.Suspend(ctx, by, subject); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		in := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
		left, err := s.Lift(ctx, by, "nobody")
		want := []admin.Suspension{{Subject: "auth0|x y", Since: in(6), By: "ann"}, {Subject: "ben", Since: in(2), By: "ann"}, {Subject: "zoe", Since: in(0), By: "ann"}}
		if diff := cmp.Diff(want, left); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		if _, err := s.Admit(ctx, ben); !errors.Is(err, admin.ErrSuspended) {
			t.Errorf("a suspended one: %v", err)
		}
		if left, err = s.Lift(ctx, by, "ben"); err != nil || len(left) != 2 {
			t.Errorf("%v, %v", left, err)
		}
		admit(t, s, ben)
		if rules, err := s.Rules(ctx); err != nil || rules.Version != 4 || rules.Changed.By != "ann" {
			t.Errorf("%+v, %v", rules, err)
		}
	})
}

// TestSuspensionsMeet suspends many administrators at once, by several processes, while the groups change.
func TestSuspensionsMeet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if _, err := newService(store).Suspend(t.Context(), admin.Administrator{Identity: ann}, fmt.Sprint("leaver ", i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if rules, err := store.Rules(t.Context()); err != nil || len(rules.Suspended) != 8 {
			t.Errorf("%+v, %v", rules, err)
		}
	})
}

func TestNobodyIsSuspendedWhoCantBe(t *testing.T) {
	store := newStore()
	full := admin.Rules{}
	for i := range admin.MaxSuspended {
		full.Suspended = append(full.Suspended, admin.Suspension{Subject: fmt.Sprintf("leaver %03d", i), Since: time.UnixMilli(0).UTC(), By: "ann"})
	}
	if _, err := store.PutRules(t.Context(), full, audit.Entry{}); err != nil {
		t.Fatal(err)
	}
	for subject, want := range map[string]string{
		"": "is not the subject", strings.Repeat("ä", 128): "is not the subject", "a\nb": "is not the subject", "a\xff": "is not the subject",
		"ann": "is your own", "one more": "would be suspension 501, of at most 500",
	} {
		_, err := newService(store).Suspend(t.Context(), admin.Administrator{Identity: ann}, subject)
		if code, _ := refusal.CodeOf(err); code != refusal.Invalid || !strings.Contains(err.Error(), "subject "+want) {
			t.Errorf("%q: %v", subject, err)
		}
	}
}

func TestRulesAreKeptInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(newStore())
		got := change(t, s, admin.Identity{Subject: "ann", Groups: []string{"owners"}}, admin.Rules{
			Suspended: []admin.Suspension{{Subject: "ben"}}, // not by this way
			FourEyes:  admin.FourEyes{DeleteAbove: new(10), Purges: true},
			Groups:    []admin.Grant{{"b", []admin.Permission{admin.Audit, admin.CustomersRead}}, {Group: "B"}, {Group: "a"}},
		})
		want := admin.Rules{
			Version: 1, FourEyes: admin.FourEyes{DeleteAbove: new(10), Purges: true}, Changed: admin.Changed{At: got.Changed.At, By: "ann"},
			Groups: []admin.Grant{{Group: "B"}, {Group: "a"}, {"b", []admin.Permission{admin.CustomersRead, admin.Audit}}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWrongRulesAreRefused(t *testing.T) {
	many := make([]admin.Grant, admin.MaxGroups+1)
	for i := range many {
		many[i] = admin.Grant{Group: fmt.Sprint("g", i)}
	}
	named := func(name string) admin.Rules { return admin.Rules{Groups: []admin.Grant{{Group: name}}} }
	for _, tt := range []struct {
		name  string
		rules admin.Rules
		want  []string // the beginning of each problem
	}{
		{"too many groups", admin.Rules{Groups: many}, []string{"groups has 101 groups, of at most 100"}},
		{"no name", named(""), []string{"groups[0].group is not a name"}},
		{"a space", named("x admin"), []string{"groups[0].group is not a name"}},
		{"a comma", named("x,admin"), []string{"groups[0].group is not a name"}},
		{"a bracket", named("[admin"), []string{"groups[0].group is not a name"}},
		{"a line", named("x\nadmin"), []string{"groups[0].group is not a name"}},
		{"a space that is not ASCII", named("x\u00a0admin"), []string{"groups[0].group is not a name"}},
		{"too long", named(strings.Repeat("x", 129)), []string{"groups[0].group is not a name"}},
		{"twice", admin.Rules{Groups: []admin.Grant{{Group: "a"}, {Group: "b"}, {Group: "a"}}}, []string{"groups[2].group is the group of groups[0], too"}},
		{"permissions", admin.Rules{Groups: []admin.Grant{{Group: "a"}, {"b", []admin.Permission{admin.Audit, "root", admin.Audit}}}},
			[]string{"groups[1].permissions[1] is not a permission; known permissions: customers.read, ", "groups[1].permissions[2] repeats"}},
		{"fewer than none", admin.Rules{FourEyes: admin.FourEyes{DeleteAbove: new(-1)}}, []string{"fourEyes.deleteAbove must be at least 0"}},
	} {
		_, err := newService(newStore()).Change(t.Context(), admin.Administrator{Identity: admin.Identity{Groups: []string{"owners"}}}, tt.rules)
		wrong, ok := errors.AsType[*admin.InvalidError](err)
		if !ok || len(wrong.Fields) != len(tt.want) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for i, f := range wrong.Fields {
			if !strings.HasPrefix(f.Field+" "+f.Problem, tt.want[i]) {
				t.Errorf("%s: %s %s, want %s", tt.name, f.Field, f.Problem, tt.want[i])
			}
		}
	}
}

// TestAChangeLeavesItsAuthorAWayBack changes rules so that the author could not change them again.
func TestAChangeLeavesItsAuthorAWayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(newStore())
		owner := admin.Identity{Subject: "olga", Groups: []string{"owners"}}
		change(t, s, owner, mapA)
		_, err := s.Change(t.Context(), admin.Administrator{Identity: ann}, admin.Rules{Version: 1})
		if wrong, ok := errors.AsType[*admin.InvalidError](err); !ok || wrong.Fields[0].Field != "groups" {
			t.Errorf("the last way in: %v", err)
		}
		change(t, s, owner, admin.Rules{Version: 1}) // has another way in
		_, err = s.Change(t.Context(), admin.Administrator{Identity: owner}, admin.Rules{Version: 1})
		if !errors.Is(err, admin.ErrVersion) {
			t.Errorf("an old version: %v", err)
		}
	})
}

func TestASuspensionIsOfOneSubject(t *testing.T) {
	rules := admin.Rules{Suspended: []admin.Suspension{{Subject: "ben"}}}
	for subject, want := range map[string]bool{"ben": true, "Ben": false, "": false, "be": false, "benn": false} {
		if got := rules.Suspends(subject); got != want {
			t.Errorf("%q: %t", subject, got)
		}
	}
}
