package dynamo

import "sync"

// knownEnds are the ends of chains as a process has left them, with everything filed.
type knownEnds struct {
	mu   sync.Mutex
	ends map[int]end
}

func (k *knownEnds) end(chain int) (known end, is bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known, is = k.ends[chain]
	return known, is
}

// note takes certificates that were appended and filed, those of a chain in order.
func (k *knownEnds) note(filed []certificate) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ends == nil {
		k.ends = map[int]end{}
	}
	for _, c := range filed {
		if c.Seq > k.ends[c.Chain].seq { // another append of this process may have gone on already
			k.ends[c.Chain] = end{seq: c.Seq, hash: c.Hash}
		}
	}
}

func (k *knownEnds) forget(chain int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.ends, chain)
}
