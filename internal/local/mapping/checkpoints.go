package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// Checkpoints remembers in a file how far each shard of each stream has been read.
type Checkpoints struct {
	file string

	mu  sync.Mutex
	all map[string]string
}

// OpenCheckpoints reads the file, if it exists.
func OpenCheckpoints(file string) (*Checkpoints, error) {
	c := &Checkpoints{file: file, all: map[string]string{}}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &c.all)
	}
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints of streams: %w", err)
	}
	return c, nil
}

// get returns the last sequence number of the shard that was dealt with, "" if there is none.
func (c *Checkpoints) get(stream, shard string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[stream+" "+shard]
}

// set survives a crash at any point: the file is replaced whole.
func (c *Checkpoints) set(stream, shard, sequenceNumber string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[stream+" "+shard] = sequenceNumber
	data, err := json.MarshalIndent(c.all, "", "  ")
	if err != nil {
		return fmt.Errorf("write the checkpoints of streams: %w", err)
	}
	if err := os.WriteFile(c.file+".new", data, 0o644); err != nil {
		return fmt.Errorf("write the checkpoints of streams: %w", err)
	}
	if err := os.Rename(c.file+".new", c.file); err != nil {
		return fmt.Errorf("write the checkpoints of streams: %w", err)
	}
	return nil
}
