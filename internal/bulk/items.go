package bulk

import "context"

// Item is one subject of an operation and what became of it.
type Item struct {
	Subject string
	Bind    string
	Outcome Outcome
}

// ItemQuery asks for a page of an operation's items.
type ItemQuery struct {
	Result Result // of them; empty: all, unless Left
	Left   bool   // only the undecided
	Limit  int
	Bytes  int    // of subjects in a page, past which it ends; 0: as many as there are
	Cursor string // of the page before; empty for the first
}

// ItemPage is a page of an operation's items.
type ItemPage struct {
	Items  []Item
	Cursor string // of the next page; empty at the end
}

// Items reads a page of what became of an operation's subjects, in the order in which
// they were frozen: ErrCursor.
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
			if !q.wants(c.Outcomes[i]) {
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

func (q ItemQuery) wants(o Outcome) bool {
	return o.Result == q.Result || q.Result == "" && !q.Left
}

// outcome is what is known of a subject's. That it is undecided whether it was done says nothing
// as long as that will be tried again.
func (c Chunk) outcome(op Operation, i int) Outcome {
	if o := c.Outcomes[i]; o.Result != OutcomeUndecided || op.State == Cancelled {
		return o
	}
	return Outcome{}
}
