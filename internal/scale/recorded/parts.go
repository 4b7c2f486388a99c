package recorded

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"lethe/internal/scale/cloud"
	"lethe/internal/template"
)

// tables turns what requests use into parts of a trace: it knows the indexes, and which keys belong to customers.
type tables struct {
	indexes map[string][]template.Index // by table
	event   string                      // for changes of roots
	slots   map[string]int              // of the customers of this run, by their ids
	known   map[string]bool             // ids of all customers
}

func newTables(declared []template.Table) *tables {
	t := &tables{indexes: map[string][]template.Index{}, known: map[string]bool{}}
	for _, table := range declared {
		t.indexes[table.ID] = table.Indexes
	}
	t.begin("")
	return t
}

// begin forgets the customers of the last run.
func (t *tables) begin(event string) { t.event, t.slots = event, map[string]int{} }

// capacity is the consumed capacity of a request at one table, as DynamoDB reports it.
type capacity struct {
	TableName              string
	CapacityUnits          float64
	Table                  *struct{ CapacityUnits float64 }
	GlobalSecondaryIndexes map[string]struct{ CapacityUnits float64 }
}

// at returns the units of a table ("") or of one of its indexes.
func (c capacity) at(index string) float64 {
	if index != "" {
		return c.GlobalSecondaryIndexes[index].CapacityUnits
	}
	if c.Table == nil {
		return c.CapacityUnits
	}
	return c.Table.CapacityUnits
}

func capacitiesOf(body []byte) ([]capacity, error) {
	var answer struct{ ConsumedCapacity json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	if answer.ConsumedCapacity == nil { // nothing was done: each statement of the batch was refused
		return nil, nil
	}
	var one capacity
	if json.Unmarshal(answer.ConsumedCapacity, &one) == nil {
		return []capacity{one}, nil
	}
	var many []capacity
	if err := json.Unmarshal(answer.ConsumedCapacity, &many); err != nil {
		return nil, fmt.Errorf("the engine reports the consumed capacity in an unknown form: %w", err)
	}
	return many, nil
}

// parts says what a request consumed where: the units that the engine reports for a table or an index, in equal parts over
// the items that the request uses there.
func (t *tables) parts(uses []use, before, after map[key]image, body []byte) ([]cloud.Part, error) {
	consumed, err := capacitiesOf(body)
	if err != nil {
		return nil, err
	}
	parts := make([]cloud.Part, len(uses))
	users := map[string]int{} // how many touches share the units of a table or an index
	for i, u := range uses {
		parts[i] = t.part(u, before[u.key()], after[u.key()])
		for _, touch := range parts[i].Touches {
			users[touch.Table]++
		}
	}
	for i, u := range uses {
		for j := range parts[i].Touches {
			touch := &parts[i].Touches[j]
			units := unitsAt(consumed, touch.Table) / float64(users[touch.Table])
			if u.write {
				touch.Write = units
			} else {
				touch.Read = units
			}
		}
	}
	return parts, nil
}

func unitsAt(consumed []capacity, where string) float64 {
	table, index, _ := strings.Cut(where, "/")
	for _, c := range consumed {
		if c.TableName == table {
			return c.at(index)
		}
	}
	return 0
}

// part is what a request does to one item, still without units.
func (t *tables) part(u use, before, after image) cloud.Part {
	if u.index != "" {
		return cloud.Part{Touches: []cloud.Touch{t.touch(u.table+"/"+u.index, u.hash, "")}}
	}
	p := cloud.Part{Touches: []cloud.Touch{t.touch(u.table, u.hash, u.sort)}}
	if !u.write {
		return p
	}
	if isRoot(u) && !reflect.DeepEqual(before, after) {
		p.Event = t.event
	}
	for _, index := range t.indexes[u.table] {
		was, is := entry(index, before), entry(index, after)
		if was.hash != "" && !reflect.DeepEqual(was, is) {
			p.Touches = append(p.Touches, t.touch(u.table+"/"+index.Name, was.hash, ""))
		}
		if is.hash != "" && (was.hash == "" || was.hash != is.hash || was.sort != is.sort) {
			p.Touches = append(p.Touches, t.touch(u.table+"/"+index.Name, is.hash, ""))
		}
	}
	return p
}

// entryImage is an item's entry in an index.
type entryImage struct {
	hash, sort string
	projected  image
}

func entry(index template.Index, it image) entryImage {
	hash, sort := text(it[index.Keys.Hash]), text(it[index.Keys.Range])
	if hash == "" {
		return entryImage{}
	}
	e := entryImage{hash, sort, image{}}
	for name, v := range it {
		if index.Projection == "ALL" || slices.Contains(index.Include, name) {
			e.projected[name] = v
		}
	}
	return e
}

func (t *tables) touch(table, hash, sort string) cloud.Touch {
	kind, id, _ := strings.Cut(hash, "#")
	if !t.known[id] {
		return cloud.Touch{Table: table, Key: hash, Item: sort, Slot: cloud.NoSlot, Own: t.own(hash, sort)}
	}
	slot, seen := t.slots[id]
	if !seen {
		slot = len(t.slots)
		t.slots[id] = slot
	}
	return cloud.Touch{Table: table, Key: kind + "#", Item: sort, Slot: slot}
}

// own reports whether an item with a shared partition key belongs to the run: a search term with its customer's id, or the
// chunk of an operation.
func (t *tables) own(hash, sort string) bool {
	return strings.HasPrefix(hash, "O#") && sort != "#" || t.known[sort[strings.LastIndex(sort, "#")+1:]]
}

func isRoot(u use) bool {
	return u.table == cloud.MainTable && strings.HasPrefix(u.hash, "C#") && u.sort == "#"
}

// change is a change of a root, as the table's stream has it.
type change struct {
	id            string
	before, after image
}

func (p *proxy) noteChanges(uses []use, before, after map[key]image) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range uses {
		if was, is := before[u.key()], after[u.key()]; u.write && isRoot(u) && !reflect.DeepEqual(was, is) {
			p.changes = append(p.changes, change{u.hash[2:], was, is})
		}
	}
}

const maxBatchGet = 100 // keys of a request; DynamoDB's limit

// images reads the items that a request writes.
func (p *proxy) images(uses []use) (map[key]image, error) {
	var keys []key
	for _, u := range uses {
		if u.write && !slices.Contains(keys, u.key()) {
			keys = append(keys, u.key())
		}
	}
	found := map[key]image{}
	for some := range slices.Chunk(keys, maxBatchGet) {
		if err := p.read(some, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (p *proxy) read(keys []key, into map[key]image) error {
	type wanted struct {
		Keys           []image
		ConsistentRead bool
	}
	wants := map[string]*wanted{}
	for _, k := range keys {
		if wants[k.table] == nil {
			wants[k.table] = &wanted{ConsistentRead: true}
		}
		wants[k.table].Keys = append(wants[k.table].Keys, image{"pk": {"S": k.hash}, "sk": {"S": k.sort}})
	}
	body, err := json.Marshal(map[string]any{"RequestItems": wants})
	if err != nil {
		return err
	}
	a, err := p.forward("BatchGetItem", body)
	if err != nil {
		return err
	}
	var answer struct {
		Responses       map[string][]image
		UnprocessedKeys map[string]any
	}
	if err := json.Unmarshal(a.body, &answer); err != nil || a.status != http.StatusOK || len(answer.UnprocessedKeys) > 0 {
		return fmt.Errorf("read items before and after a request: %s %w", a.body, err)
	}
	for table, items := range answer.Responses {
		for _, it := range items {
			into[key{table, text(it["pk"]), text(it["sk"])}] = it
		}
	}
	return nil
}
