package bulk

import "context"

// Item is one subject of an operation and its outcome.
type Item struct {
	Subject string
	Bind    string
	Outcome Outcome
}

// ItemQuery asks for a page of an operation's items.
type ItemQuery struct {
	Result Result // items with this result; empty: all items, unless Left is set
	Left   bool   // undecided items only
	Limit  int    // items in a page
	Bytes  int    // a page ends once its ids have this many bytes; 0: no limit
	Cursor string // from the page before; empty for the first
}

// ItemPage is a page of an operation's items.
type ItemPage struct {
	Items  []Item
	Cursor string // for the next page; empty after the last
}

// Items reads a page of an operation's subjects and their outcomes, in the order of the plan.
// It returns ErrCursor for a cursor of another list.
func (e *Engine) Items(ctx context.Context, op Operation, q ItemQuery) (ItemPage, error) {
	var page ItemPage
	seq, from, err := q.start(op.ID)
	if err != nil {
		return page, err
	}
	size := 0
	for c, err := range e.store.Chunks(ctx, op.ID, seq) {
		if err != nil {
			return page, err
		}
		for i := from; i < len(c.Subjects); i++ {
			if !q.matches(c.Outcomes[i]) {
				continue
			}
			if len(page.Items) == q.Limit || q.Bytes > 0 && size >= q.Bytes {
				page.Cursor = q.cursorAt(op.ID, c.Seq, i)
				return page, nil
			}
			size += len(c.Subjects[i].ID)
			page.Items = append(page.Items, Item{c.Subjects[i].ID, c.Subjects[i].Bind, c.outcome(op, i)})
		}
		from = 0
	}
	return page, nil
}

func (q ItemQuery) matches(o Outcome) bool {
	return o.Result == q.Result || q.Result == "" && !q.Left
}

// outcome returns the outcome to show for a subject. It hides the code Interrupted until the
// operation is cancelled: before that, a worker will try the subject again.
func (c Chunk) outcome(op Operation, i int) Outcome {
	if o := c.Outcomes[i]; o.Result != OutcomeUndecided || op.State == Cancelled {
		return o
	}
	return Outcome{}
}
