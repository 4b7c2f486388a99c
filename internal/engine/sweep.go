package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// ErrSweepsItself is the error of an engine that expires items by its own clock, not on request.
var ErrSweepsItself = errors.New("this engine expires items by itself")

// SweepTTL deletes all expired items of all tables, with the stream records that AWS writes for an expiry, and returns
// their number. AWS does it within days; here the caller decides when.
func (p *Process) SweepTTL(ctx context.Context) (deleted int, err error) {
	if p.sweeper == nil {
		return 0, ErrSweepsItself
	}
	var result struct {
		Deleted int `json:"items_deleted"`
	}
	if err := p.sweeper.call(ctx, "sweep_ttl", &result); err != nil {
		return 0, fmt.Errorf("sweep expired items of %s: %w", p.Name, err)
	}
	return result.Deleted, nil
}

// mcp calls the tools that dynoxide offers beside the protocol of DynamoDB: JSON-RPC over one POST each, which
// dynoxide answers without a session.
type mcp struct{ url, token string }

type mcpRequest struct {
	Version string    `json:"jsonrpc"`
	ID      int       `json:"id"`
	Method  string    `json:"method"`
	Params  mcpParams `json:"params"`
}

type mcpParams struct {
	Name      string   `json:"name"`
	Arguments struct{} `json:"arguments"`
}

type mcpResponse struct {
	Error  *struct{ Message string }
	Result struct {
		IsError bool
		Content []struct{ Text string }
	}
}

// call runs the tool, which takes no arguments, and decodes the JSON text that it answers with.
func (m *mcp) call(ctx context.Context, tool string, result any) error {
	body, err := json.Marshal(mcpRequest{Version: "2.0", ID: 1, Method: "tools/call", Params: mcpParams{Name: tool}})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	request.Header.Set("Authorization", "Bearer "+m.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer mcpResponse
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", response.Status, err)
	}
	return answer.decode(result)
}

func (r mcpResponse) decode(result any) error {
	switch {
	case r.Error != nil:
		return errors.New(r.Error.Message)
	case len(r.Result.Content) != 1:
		return fmt.Errorf("%d contents where one was expected", len(r.Result.Content))
	case r.Result.IsError:
		return errors.New(r.Result.Content[0].Text)
	}
	return json.Unmarshal([]byte(r.Result.Content[0].Text), result)
}
