package main

import (
	"encoding/json"
	"fmt"
	"os"

	"lethe/internal/local/durable"
)

// runningFile says where the tables are while a system runs in the folder, for `go run ./cmd/lethe`.
const runningFile = "running.json"

func (s *system) announce() error {
	text, err := json.MarshalIndent(map[string]string{
		"dynamodb": s.dynamoDB.endpoint(), "table": s.resources.Tables["Table"].Name, "ledger": s.resources.Tables["Ledger"].Name,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("note where the tables are: %w", err)
	}
	path := s.folder.file(runningFile)
	if err := durable.Replace(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("note where the tables are: %w", err)
	}
	s.later(func() { _ = os.Remove(path) })
	return nil
}
