package recorded

import (
	"slices"
	"strings"

	"lethe/internal/scale/cloud"
)

// vary finds addresses that differ only in a number at their end, such as those of shards: a run uses one of them, and another
// run another one.
func (l *Lethe) vary() {
	families := map[cloud.Address][]cloud.Address{}
	traces := l.traces()
	each(traces, func(t *cloud.Touch) {
		family, of := familyOf(*t)
		if of && !slices.Contains(families[family], address(*t)) {
			families[family] = append(families[family], address(*t))
		}
	})
	each(traces, func(t *cloud.Touch) {
		if family, of := familyOf(*t); of && len(families[family]) > 1 {
			t.Among = families[family]
			t.At = slices.Index(t.Among, address(*t))
		}
	})
}

// address is where a touch is: the sort keys of an index and of a chain don't matter.
func address(t cloud.Touch) cloud.Address {
	if strings.Contains(t.Table, "/") || t.Table == cloud.LedgerTable {
		return cloud.Address{Key: t.Key}
	}
	return cloud.Address{Key: t.Key, Item: t.Item}
}

// familyOf returns what the addresses of a family have in common. The keys of search terms are words, not numbers of shards.
func familyOf(t cloud.Touch) (family cloud.Address, of bool) {
	const digits = "0123456789"
	a := address(t)
	if t.Slot != cloud.NoSlot || strings.HasPrefix(a.Key, "S#") || strings.HasPrefix(a.Key, "O#") {
		return a, false
	}
	family = cloud.Address{Key: t.Table + " " + strings.TrimRight(a.Key, digits), Item: strings.TrimRight(a.Item, digits)}
	return family, strings.TrimRight(a.Key, digits) != a.Key || strings.TrimRight(a.Item, digits) != a.Item
}

func (l *Lethe) traces() []*cloud.Trace {
	all := []*cloud.Trace{&l.Create, &l.Plan, &l.Apply, &l.Chunk, &l.Sweep, &l.Big}
	for i := range l.Message {
		all = append(all, &l.Message[i])
	}
	for i := range l.draws {
		all = append(all, &l.draws[i])
	}
	for _, traces := range l.Audit {
		for i := range traces {
			all = append(all, &traces[i])
		}
	}
	return all
}

func each(traces []*cloud.Trace, do func(*cloud.Touch)) {
	for _, t := range traces {
		for _, stage := range t.Stages {
			for _, request := range stage {
				for _, part := range request.Parts {
					for i := range part.Touches {
						do(&part.Touches[i])
					}
				}
			}
		}
	}
}
