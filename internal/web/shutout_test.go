package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lethe/internal/admin"
	"lethe/internal/dynamo/dynamotest"
	"lethe/internal/web"
)

// TestNobodyGetsThroughAfterTheAnswer has 1,000 clients of one administrator, who send requests to two processes of the API all
// the time, while another administrator shuts this one out. No request that began after the answer gets through.
func TestNobodyGetsThroughAfterTheAnswer(t *testing.T) {
	for name, shut := range map[string]struct{ method, url, body, code string }{
		"suspension":             {post, "/v1/suspensions", `{"subject":"sam"}`, "SUSPENDED"},
		"loss of the permission": {put, "/v1/access", `{"version":1,"fourEyes":{"purges":false},"groups":[{"group":"support","permissions":["customers.write"]}]}`, "FORBIDDEN"},
		"a tightened mapping":    {put, "/v1/access", `{"version":1,"fourEyes":{"purges":false},"groups":[{"group":"others","permissions":["customers.read"]}]}`, "FORBIDDEN"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, shut.code)
			c.as(t, "olga", put, "/v1/access", `{"version":0,"fourEyes":{"purges":false},"groups":[{"group":"support","permissions":["customers.read"]}]}`)
			ctx, stop := context.WithCancel(t.Context())
			var clients sync.WaitGroup
			for i := range 1000 {
				clients.Go(func() { c.client(ctx, c.processes[i%2]) })
			}
			for c.through.Load() < 2000 {
				time.Sleep(time.Millisecond)
			}
			c.as(t, "olga", shut.method, shut.url, shut.body)
			c.answered.Store(true)
			for c.shutOut.Load() < 2000 && c.late.Load() == 0 {
				time.Sleep(time.Millisecond)
			}
			stop()
			clients.Wait()
			if n := c.late.Load(); n > 0 {
				t.Errorf("%d requests that began after the answer got through", n)
			}
			if other := c.other.Load(); other != nil {
				t.Errorf("a request was answered with %v", other)
			}
			t.Logf("%d requests got through before the answer, %d were refused after it", c.through.Load(), c.shutOut.Load())
		})
	}
}

// crowd are two processes of the API over one table, and how many requests to them ended in which way.
type crowd struct {
	processes [2]http.Handler
	code      string // of the refusal

	answered               atomic.Bool
	through, late, shutOut atomic.Int64
	other                  atomic.Value // an unexpected answer
}

func newCrowd(t *testing.T, code string) *crowd {
	t.Helper()
	c, tables := &crowd{code: code}, dynamotest.New(t)
	for i := range c.processes {
		store, _ := tables.Open(tables.Config)
		admins := admin.New(store)
		admins.AdminGroup, admins.RulesAge = "owners", time.Second
		c.processes[i] = web.New(web.NoCustomers(), nil, admins, web.Options{Log: slog.New(slog.DiscardHandler)})
	}
	return c
}

// as sends a request of an owner, which must succeed.
func (c *crowd) as(t *testing.T, subject, method, url, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(web.SignedIn(t.Context(), subject), method, url, strings.NewReader(body))
	w := httptest.NewRecorder()
	if c.processes[0].ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, url, w.Code, w.Body)
	}
}

// client sends requests until ctx ends. Each breaks the schema, so one that is permitted is answered without a customer.
func (c *crowd) client(ctx context.Context, process http.Handler) {
	sam := web.WithIdentity(context.WithoutCancel(ctx), support())
	for ctx.Err() == nil {
		late := c.answered.Load()
		w := httptest.NewRecorder()
		process.ServeHTTP(w, httptest.NewRequestWithContext(sam, get, "/v1/customers?limit=0", nil))
		switch refused := strings.Contains(w.Body.String(), `"`+c.code+`"`); {
		case w.Code == http.StatusUnprocessableEntity && late:
			c.late.Add(1)
		case w.Code == http.StatusUnprocessableEntity:
			c.through.Add(1)
		case w.Code == http.StatusForbidden && refused && late:
			c.shutOut.Add(1)
		case w.Code != http.StatusForbidden || !refused:
			c.other.Store(fmt.Sprint(w.Code, w.Body))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
