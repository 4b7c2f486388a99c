package main

import (
	"context"
	"fmt"
	"os"
)

// What the folder's demo file says.
const (
	demoLoading = "loading"
	demoLoaded  = "loaded"
)

// loadDemo fills a new system with demo data, once. A load that was interrupted is not begun again on top of what
// it left.
func (s *system) loadDemo(ctx context.Context, o options) error {
	if !o.Demo || o.Load == nil {
		return nil
	}
	marker := s.folder.file("demo")
	if state, err := os.ReadFile(marker); err == nil && string(state) == demoLoading {
		fmt.Fprintln(o.Output, "The demo data is incomplete, its load was interrupted; --reset loads it anew.")
	}
	if !s.resources.New {
		return nil
	}
	if err := os.WriteFile(marker, []byte(demoLoading), 0o644); err != nil {
		return fmt.Errorf("load the demo data: %w", err)
	}
	if err := o.Load(ctx, s.BaseURL, o.Output); err != nil {
		return fmt.Errorf("load the demo data: %w", err)
	}
	if err := os.WriteFile(marker, []byte(demoLoaded), 0o644); err != nil {
		return fmt.Errorf("load the demo data: %w", err)
	}
	return nil
}
