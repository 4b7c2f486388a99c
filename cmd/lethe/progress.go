package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"lethe/internal/fsck"
)

// meter shows the progress of a check: five times a second on a terminal, else every ten seconds.
type meter struct {
	mu       sync.Mutex
	latest   fsck.Progress
	terminal bool
	out      io.Writer
	quit     chan struct{}
	done     sync.WaitGroup
	once     sync.Once
}

const clearLine = "\r\x1b[K"

func newMeter(out io.Writer) *meter {
	m := &meter{out: out, quit: make(chan struct{})}
	every := 10 * time.Second
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		m.terminal, every = true, 200*time.Millisecond
	}
	m.done.Go(func() { m.show(every) })
	return m
}

func (m *meter) set(p fsck.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.Items > m.latest.Items {
		m.latest = p
	}
}

func (m *meter) show(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-m.quit:
			if m.terminal {
				fmt.Fprint(m.out, clearLine)
			}
			return
		case <-ticker.C:
		}
		m.mu.Lock()
		line := fmt.Sprintf("%d items read, %d findings", m.latest.Items, m.latest.Findings)
		m.mu.Unlock()
		if m.terminal {
			fmt.Fprint(m.out, clearLine+line)
		} else {
			fmt.Fprintln(m.out, line)
		}
	}
}

func (m *meter) stop() {
	m.once.Do(func() { close(m.quit) })
	m.done.Wait()
}
