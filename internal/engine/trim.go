package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"
)

// ErrTrimsItself is the error of an engine that cannot trim its streams on request.
var ErrTrimsItself = errors.New("this engine trims streams by itself")

// TrimStreams removes the records older than the age from the streams of all tables, and returns their number. AWS does
// it after 24 hours. The engine's files keep nothing of these records, or of items deleted before: the
// engine's writes wait while the file is rewritten.
func (p *Process) TrimStreams(ctx context.Context, age time.Duration) (trimmed int, err error) {
	if p.database == "" {
		return 0, ErrTrimsItself
	}
	output, err := runNode(ctx, "trim.mjs", p.database, strconv.Itoa(int(age.Seconds())))
	if err != nil {
		return 0, fmt.Errorf("trim the streams of %s: %w", p.Name, err)
	}
	var result struct{ Trimmed int }
	if err := json.Unmarshal(output, &result); err != nil {
		return 0, fmt.Errorf("trim the streams of %s: %w", p.Name, err)
	}
	return result.Trimmed, nil
}

// runNode runs a script of this folder and returns its output. An error has what the script printed to standard error.
func runNode(ctx context.Context, script string, args ...string) ([]byte, error) {
	node, args, err := nodeScript(ctx, script, args...)
	if err != nil {
		return nil, err
	}
	output, err := exec.CommandContext(ctx, node, args...).Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return nil, fmt.Errorf("%s: %w\n%s", script, err, failed.Stderr)
	}
	return output, err
}
