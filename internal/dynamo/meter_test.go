package dynamo_test

import (
	"net/http"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/dynamo"
	"lethe/internal/sim"
)

// losesAnAnswer is an HTTP client that loses the answer to its first request.
type losesAnAnswer struct {
	aws.HTTPClient

	answered int
}

func (l *losesAnAnswer) Do(r *http.Request) (*http.Response, error) {
	answer, err := l.HTTPClient.Do(r)
	if l.answered++; l.answered > 1 || err != nil {
		return answer, err
	}
	_ = answer.Body.Close()
	return nil, syscall.ECONNRESET
}

func TestTheMeterCountsWhatTheSDKRepeats(t *testing.T) {
	t.Parallel()
	w, m := sim.NewWorld(t, policies), &dynamo.Meter{}
	cfg := m.Attach(w.Config)
	cfg.HTTPClient = &losesAnAnswer{HTTPClient: cfg.HTTPClient}
	service := w.Service(cfg)
	for range 2 {
		if _, err := service.Totals(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cost := m.Reset()
	same(t, "requests", cost.Total(), 2)
	same(t, "retries", cost.Retries, 1)
}
