package recorded

import (
	"reflect"
	"strings"
	"testing"

	"lethe/internal/scale/cloud"
	"lethe/internal/template"
)

func TestUsesOfEachOperation(t *testing.T) {
	t.Parallel()
	read := use{table: "Table", hash: "C#a", sort: "#"}
	write := read
	write.write = true
	const key = `{"pk":{"S":"C#a"},"sk":{"S":"#"}}`
	for _, tt := range []struct {
		operation, body string
		want            []use
	}{
		{"GetItem", `{"TableName":"Table","Key":` + key + `}`, []use{read}},
		{"PutItem", `{"TableName":"Table","Item":` + key + `}`, []use{write}},
		{"UpdateItem", `{"TableName":"Table","Key":` + key + `}`, []use{write}},
		{"DeleteItem", `{"TableName":"Table","Key":` + key + `}`, []use{write}},
		{"BatchGetItem", `{"RequestItems":{"Table":{"Keys":[` + key + `]}}}`, []use{read}},
		{"BatchWriteItem", `{"RequestItems":{"Table":[{"DeleteRequest":{"Key":` + key + `}},{"PutRequest":{"Item":` + key + `}}]}}`, []use{write, write}},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"Table","Item":` + key + `}},{"Update":{"TableName":"Table","Key":` + key + `}}]}`, []use{write, write}},
		{
			"Query", `{"TableName":"Table","IndexName":"lists","KeyConditionExpression":"ipk = :list AND isk > :at","ExpressionAttributeValues":{":list":{"S":"live#3"},":at":{"S":"x"}}}`,
			[]use{{table: "Table", index: "lists", hash: "live#3"}},
		},
		{
			"BatchExecuteStatement", `{"Statements":[{"Statement":"UPDATE \"Table\" SET \"ipk\"=?, \"version\"=? WHERE \"version\"=? AND \"pk\"=? AND \"sk\"=?","Parameters":[{"S":"trash#1"},{"N":"2"},{"N":"1"},{"S":"C#a"},{"S":"#"}]},
				{"Statement":"INSERT INTO \"Table\" VALUE {'a': ?, 'pk': ?, 'sk': ?}","Parameters":[{"S":"1"},{"S":"C#a"},{"S":"#"}]},
				{"Statement":"DELETE FROM \"Table\" WHERE \"pk\"=? AND \"sk\"=?","Parameters":[{"S":"C#a"},{"S":"#"}]}]}`,
			[]use{write, write, write},
		},
	} {
		got, err := usesOf(tt.operation, []byte(tt.body))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, %v, want %+v", tt.operation, got, err, tt.want)
		}
	}
	if _, err := usesOf("Scan", []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "add it to usesOf") {
		t.Errorf("an unknown operation: %v", err)
	}
}

// TestPartsHaveTheUnitsOfTheAnswer has a batch of two roots, of which one moves from a list to another.
func TestPartsHaveTheUnitsOfTheAnswer(t *testing.T) {
	t.Parallel()
	tables := newTables([]template.Table{{ID: "Table", Indexes: []template.Index{
		{Name: "lists", Keys: template.Keys{Hash: "ipk", Range: "isk"}, Projection: "INCLUDE", Include: []string{"state"}},
	}}})
	tables.known["a"], tables.known["b"] = true, true
	tables.begin(Deleted)
	root := func(id, list, state string) image {
		return image{"pk": {"S": "C#" + id}, "sk": {"S": "#"}, "ipk": {"S": list}, "isk": {"S": id}, "state": {"S": state}, "version": {"N": "1"}}
	}
	uses := []use{{table: "Table", hash: "C#b", sort: "#", write: true}, {table: "Table", hash: "C#a", sort: "#", write: true}}
	before := map[key]image{uses[0].key(): root("b", "live#0", "active"), uses[1].key(): root("a", "live#1", "active")}
	after := map[key]image{uses[0].key(): root("b", "live#0", "active"), uses[1].key(): root("a", "trash#1", "deleted")}
	parts, err := tables.parts(uses, before, after, []byte(`{"ConsumedCapacity":[{"TableName":"Table","CapacityUnits":4,"Table":{"CapacityUnits":2},"GlobalSecondaryIndexes":{"lists":{"CapacityUnits":2}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []cloud.Part{
		{Touches: []cloud.Touch{{Table: "Table", Key: "C#", Item: "#", Slot: 0, Write: 1}}},
		{Touches: []cloud.Touch{
			{Table: "Table", Key: "C#", Item: "#", Slot: 1, Write: 1},
			{Table: "Table/lists", Key: "live#1", Slot: cloud.NoSlot, Write: 1}, {Table: "Table/lists", Key: "trash#1", Slot: cloud.NoSlot, Write: 1},
		}, Event: Deleted},
	}
	if !reflect.DeepEqual(parts, want) {
		t.Errorf("got  %+v\nwant %+v", parts, want)
	}
}

func TestNumberedAddressesVary(t *testing.T) {
	t.Parallel()
	touch := func(key, item string) cloud.Request {
		return cloud.Request{Operation: "UpdateItem", Parts: []cloud.Part{{Touches: []cloud.Touch{{Table: cloud.MainTable, Key: key, Item: item, Slot: cloud.NoSlot, Write: 1}}}}}
	}
	l := &Lethe{draws: []cloud.Trace{{Stages: []cloud.Stage{{touch("P", "totals#0")}, {touch("P", "totals#11")}, {touch("P", "settings")}, {touch("S#12", "12#x")}}}}}
	l.vary()
	stages := l.draws[0].Stages
	for i, want := range []int{2, 2, 0, 0} {
		if got := len(stages[i][0].Parts[0].Touches[0].Among); got != want {
			t.Errorf("stage %d has %d addresses to choose from, want %d", i, got, want)
		}
	}
}
