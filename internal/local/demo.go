package main

import (
	"context"
	"fmt"
	"os"

	"lethe/internal/local/demo"
)

// loadDemo fills a new system with demo data, or completes an interrupted load: a file in the folder marks a load that has
// begun. Another issuer has no tokens for it.
func (s *system) loadDemo(ctx context.Context, o options) error {
	if !o.Demo || o.Load == nil || s.issuer == nil {
		return nil
	}
	begun := s.folder.file("demo")
	if _, err := os.Stat(begun); err != nil && !s.resources.New {
		return nil
	}
	if err := os.WriteFile(begun, nil, 0o644); err != nil {
		return fmt.Errorf("load the demo data: %w", err)
	}
	if err := o.Load(ctx, clientOf(s.issuer.URL, demo.Owner), s.BaseURL, o.Output); err != nil {
		return fmt.Errorf(`load the demo data: %w; make run goes on with it, make run ARGS="--demo=false" does without`, err)
	}
	if err := os.Remove(begun); err != nil {
		return fmt.Errorf("load the demo data: %w", err)
	}
	return nil
}
