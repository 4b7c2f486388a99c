package dynamo

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"lethe/internal/customer"
)

// recent has the marks of a root's last changes, each an attribute of eight bytes. A list
// is not possible: the root of an older version has none, and an update that shifts a missing list
// fails even if its condition holds.
type recent struct {
	R0 []byte `dynamodbav:"r0,omitempty"` // the latest
	R1 []byte `dynamodbav:"r1,omitempty"`
	R2 []byte `dynamodbav:"r2,omitempty"`
	R3 []byte `dynamodbav:"r3,omitempty"`
	R4 []byte `dynamodbav:"r4,omitempty"`
	R5 []byte `dynamodbav:"r5,omitempty"`
	RO []byte `dynamodbav:"ro,omitempty"` // the latest of an operation: its statements can't shift the others
}

func (r *recent) slots() [customer.MaxRecent]*[]byte {
	return [...]*[]byte{&r.R0, &r.R1, &r.R2, &r.R3, &r.R4, &r.R5}
}

func newRecent(of customer.Recent) (r recent) {
	for i, slot := range r.slots() {
		if i < len(of.Single) {
			*slot = of.Single[i][:]
		}
	}
	if of.Many != (customer.Mark{}) {
		r.RO = of.Many[:]
	}
	return r
}

// customer leaves out repeated marks, which withMark uses to fill empty attributes.
func (r *recent) customer() (out customer.Recent) {
	seen := map[customer.Mark]bool{}
	for _, slot := range r.slots() {
		if mark, ok := markOf(*slot); ok && !seen[mark] {
			seen[mark] = true
			out.Single = append(out.Single, mark)
		}
	}
	out.Many, _ = markOf(r.RO)
	return out
}

func markOf(b []byte) (mark customer.Mark, ok bool) {
	return mark, copy(mark[:], b) == len(mark)
}

func slotName(i int) expression.NameBuilder { return expression.Name("r" + strconv.Itoa(i)) }

// withMark adds to an update of a root the change and the mark of the id, and shifts the earlier marks. DynamoDB reads all
// operands before it sets anything. An attribute for which there is no earlier mark gets this one
// too.
func withMark(u expression.UpdateBuilder, ch customer.Change, id string) expression.UpdateBuilder {
	mark := customer.MarkOf(id)
	u = u.Set(expression.Name("last"), expression.Value(newChange(ch))).Set(slotName(0), expression.Value(mark[:]))
	for i := 1; i < customer.MaxRecent; i++ {
		u = u.Set(slotName(i), slotName(i-1).IfNotExists(expression.Value(mark[:])))
	}
	return u
}

// notRemembered is the condition that a root does not have the mark of a change.
func notRemembered(id string) expression.ConditionBuilder {
	mark := customer.MarkOf(id)
	var others []expression.OperandBuilder
	for i := 1; i < customer.MaxRecent; i++ {
		others = append(others, slotName(i))
	}
	return expression.Not(expression.Value(mark[:]).In(slotName(0), others...))
}
