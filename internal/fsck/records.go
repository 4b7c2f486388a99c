package fsck

import "lethe/internal/repair"

// recordProblem adds a problem that the tree found in a record.
func (e *examination) recordProblem(rule Rule, r row, text string, actual int64) {
	var f fix
	switch rule {
	case BadRecord:
		f = e.fix(repair.Straighten{Record: r.raw})
	case ChildCount:
		f = e.fix(repair.CountChildren{Record: r.raw, Children: actual})
	case ParentMissing:
		f = e.fixRoot(repair.RemoveRecord{Key: repair.Key(r.key())})
	default: // can't be repaired
	}
	e.problem(rule, r.key(), text, f)
}
