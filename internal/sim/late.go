package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// keep stores a copy of a request for Deliver. The copy has no client token, because AWS remembers
// tokens only for ten minutes and the copy may arrive later.
func (f *Faults) keep(next aws.HTTPClient, r *http.Request) error {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	body, err := withoutToken(sent)
	if err != nil {
		return err
	}
	again := r.Clone(context.WithoutCancel(r.Context()))
	again.ContentLength = int64(len(body))
	again.Header.Del("X-Amz-Content-Sha256")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.late = append(f.late, func() error {
		again.Body = io.NopCloser(bytes.NewReader(body))
		return drop(next.Do(again))
	})
	return nil
}

func withoutToken(sent []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(sent, &members); err != nil {
		return nil, err
	}
	if members["ClientRequestToken"] == nil {
		return sent, nil
	}
	delete(members, "ClientRequestToken")
	return json.Marshal(members)
}

// Deliver sends the kept requests again and returns how many there were. It discards the answers.
func (f *Faults) Deliver() (n int, err error) {
	f.mu.Lock()
	late := f.late
	f.late = nil
	f.mu.Unlock()
	for _, again := range late {
		err = errors.Join(err, again())
	}
	return len(late), err
}
