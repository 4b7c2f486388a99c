package admin_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lethe/internal/admin"
	"lethe/internal/audit"
)

// slow is a store with requests that take up to two seconds. Each takes effect at a random moment in between.
type slow struct {
	admin.Store

	random *rand.Rand
	mu     *sync.Mutex
}

func (s slow) wait() {
	s.mu.Lock()
	d := time.Duration(s.random.IntN(2)*s.random.IntN(1000)) * time.Millisecond // often none at all
	s.mu.Unlock()
	time.Sleep(d)
}

func (s slow) Rules(ctx context.Context) (admin.Rules, error) {
	s.wait()
	defer s.wait()
	return s.Store.Rules(ctx)
}

func (s slow) PutRules(ctx context.Context, r admin.Rules, logged audit.Entry) (admin.Rules, error) {
	s.wait()
	defer s.wait()
	return s.Store.PutRules(ctx, r, logged)
}

// TestNoRequestAfterTheAnswerGoesByOldRules sends 1,000 requests of one administrator to three processes while another one
// suspends it, or takes its permission. The store is slow, so reads that began before the change end long after it.
func TestNoRequestAfterTheAnswerGoesByOldRules(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			store := slow{newStore(), rand.New(rand.NewPCG(seed, 0)), &sync.Mutex{}}
			processes := []*admin.Service{newService(store), newService(store), newService(store)}
			change(t, processes[0], admin.Identity{Subject: "olga", Groups: []string{"owners"}}, mapA)
			var mu sync.Mutex
			var answered time.Time
			before, through := 0, 0
			for i := range 1000 {
				go func() {
					time.Sleep(time.Duration(i) * 15 * time.Millisecond)
					mu.Lock()
					late := !answered.IsZero()
					mu.Unlock()
					a, err := processes[i%3].Admit(t.Context(), ben)
					mu.Lock()
					defer mu.Unlock()
					switch got := err == nil && a.May(admin.CustomersRead); {
					case got && late:
						through++
					case got:
						before++
					}
				}()
			}
			time.Sleep(3 * time.Second)
			if seed%2 == 0 {
				_, err := processes[0].Suspend(t.Context(), admin.Administrator{Identity: ann}, "ben")
				if err != nil {
					t.Fatal(err)
				}
			} else {
				change(t, processes[0], ann, admin.Rules{Version: 1, Groups: mapA.Groups[:1]})
			}
			mu.Lock()
			answered = time.Now()
			mu.Unlock()
			time.Sleep(time.Minute)
			if through > 0 || before < 100 {
				t.Errorf("seed %d: %d requests that began after the answer went by the old rules; %d before it", seed, through, before)
			}
		})
	}
}
