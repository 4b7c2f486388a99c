package demo

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const title = "Loading the demo"

// meter shows the progress of the load: a bar on a terminal, else a line for every tenth.
type meter struct {
	out   io.Writer
	total int
	bar   *progressbar.ProgressBar // nil if out is no terminal

	mu   sync.Mutex
	done int
}

func newMeter(out io.Writer, total int) *meter {
	m := &meter{out: out, total: total}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		m.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(title), progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetRenderBlankState(true))
	}
	return m
}

// add counts things that are done.
func (m *meter) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.done * 10 / m.total
	m.done += n
	if m.bar != nil {
		_ = m.bar.Set(m.done) // it fails only if the terminal does
		return
	}
	if now := m.done * 10 / m.total; now > before {
		fmt.Fprintf(m.out, "%s: %d%%\n", title, now*10)
	}
}

// finish leaves the line of the bar.
func (m *meter) finish() {
	if m.bar != nil {
		fmt.Fprintln(m.out)
	}
}
