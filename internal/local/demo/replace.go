package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// replace replaces a document with versions, unless the change changes nothing. If somebody else replaces it in between, it
// tries again with the new one.
func replace[T any](ctx context.Context, a api, path string, change func(T) (wanted T, changes bool)) error {
	for attempt := 1; ; attempt++ {
		got, err := a.do(ctx, http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		var now T
		if err := json.Unmarshal(got.body, &now); err != nil {
			return fmt.Errorf("GET %s: %w", path, err)
		}
		wanted, changes := change(now)
		if !changes {
			return nil
		}
		if got, err = a.do(ctx, http.MethodPut, path, wanted, "VERSION_MISMATCH"); err != nil || got.status < 300 {
			return err
		}
		if attempt == attempts {
			return fmt.Errorf("PUT %s: others changed it during each try: %s", path, got.body)
		}
	}
}
