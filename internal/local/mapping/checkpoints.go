package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"lethe/internal/local/durable"
)

// Checkpoints stores in a file up to which record each shard of each stream is read.
type Checkpoints struct {
	file string

	mu  sync.Mutex
	all map[string]string
}

// OpenCheckpoints reads the file, if it exists. A damaged file, as after a loss of power, is logged and not an
// error: the streams are then read as on the first start, and functions get some records twice, which they must expect
// anyway.
func OpenCheckpoints(file string, log *slog.Logger) (*Checkpoints, error) {
	c := &Checkpoints{file: file, all: map[string]string{}}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints of streams: %w", err)
	}
	if all, err := decodeCheckpoints(data); err != nil {
		log.Warn("the checkpoints of streams are damaged: streams are read again as on the first start", "file", file, "error", err)
	} else {
		c.all = all
	}
	return c, nil
}

func decodeCheckpoints(data []byte) (map[string]string, error) {
	var all map[string]string
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, errors.New("null is not an object")
	}
	return all, nil
}

// get returns the sequence number of the shard's last record that is done or given up, "" without a checkpoint.
func (c *Checkpoints) get(stream, shard string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[stream+" "+shard]
}

func (c *Checkpoints) set(stream, shard, sequenceNumber string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[stream+" "+shard] = sequenceNumber
	data, err := json.MarshalIndent(c.all, "", "  ")
	if err != nil {
		return fmt.Errorf("write the checkpoints of streams: %w", err)
	}
	if err := durable.Replace(c.file, data, 0o644); err != nil {
		return fmt.Errorf("checkpoints of streams: %w", err)
	}
	return nil
}
