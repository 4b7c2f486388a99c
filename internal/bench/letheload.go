package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/customer"
	"lethe/internal/deploy"
	"lethe/internal/engine"
	"lethe/internal/template"
)

type item = map[string]types.AttributeValue

// engineVersion is what package.json pins.
func engineVersion() string {
	root, err := engine.ModuleRoot()
	if err != nil {
		return "dynoxide"
	}
	data, err := os.ReadFile(filepath.Join(root, "internal", "engine", "package.json"))
	var pinned struct{ OptionalDependencies map[string]string }
	if err == nil {
		err = json.Unmarshal(data, &pinned)
	}
	if err != nil {
		return "dynoxide"
	}
	return "dynoxide " + pinned.OptionalDependencies["@dynoxide/linux-x64"]
}

// load adds the crowd through Lethe's own code. The other customers are only listed, so they are written directly.
func (l *lethe) load(ctx context.Context) (err error) {
	if err := l.start(ctx); err != nil {
		return err
	}
	if err := l.makeTables(ctx); err != nil {
		return err
	}
	settings := customer.Settings{
		Retention: customer.PeriodOf(30 * 24 * time.Hour), Kinds: []customer.Kind{{Name: ticket, Policy: customer.Cascade}},
	}
	if _, err := l.service.UpdateSettings(ctx, settings, false, "bench"); err != nil {
		return err
	}
	if err := l.addOthers(ctx); err != nil {
		return err
	}
	if err := l.addCrowd(ctx); err != nil {
		return err
	}
	if err := l.addOne(ctx, heavyID, "Heavy", l.size.Heavy); err != nil {
		return err
	}
	if l.cursor, err = l.walk(ctx, (l.size.farPage()-1)*pageSize); err != nil {
		return err
	}
	return l.keep(ctx)
}

// start starts the engine on its folder, and the processes of Lethe on the engine.
func (l *lethe) start(ctx context.Context) (err error) {
	l.engine, err = engine.StartDynamoDB(ctx, engine.Dynoxide, engine.Options{Dir: l.dir, Progress: os.Stderr})
	if err != nil {
		return err
	}
	l.config = engine.Config(l.engine.Endpoint)
	l.serve()
	return nil
}

// keep copies the data for rewind: to write again what a purge removed would take longer than the purge.
func (l *lethe) keep(ctx context.Context) error {
	l.engine.Stop()
	if err := os.CopyFS(l.kept(), os.DirFS(l.dir)); err != nil {
		return err
	}
	return l.start(ctx)
}

func (l *lethe) kept() string { return l.dir + "-kept" }

// rewind restores the data that keep copied.
func (l *lethe) rewind(ctx context.Context) error {
	l.engine.Stop()
	if err := os.RemoveAll(l.dir); err != nil {
		return err
	}
	if err := os.CopyFS(l.dir, os.DirFS(l.kept())); err != nil {
		return err
	}
	return l.start(ctx)
}

func (l *lethe) makeTables(ctx context.Context) error {
	root, err := engine.ModuleRoot()
	if err != nil {
		return err
	}
	parameters := map[string]string{"JwtIssuer": "https://issuer.example", "JwtAudience": "bench"}
	declared, err := template.Load(filepath.Join(root, "template.yaml"), parameters)
	if err != nil {
		return err
	}
	for _, table := range declared.Tables {
		if _, err := deploy.Table(ctx, l.client(), table, table.ID); err != nil {
			return err
		}
	}
	return nil
}

// client talks to the engine for what is not measured.
func (l *lethe) client() *dynamodb.Client { return dynamodb.NewFromConfig(l.config) }

const (
	ticket     = "ticket"
	recordText = 800 // bytes of a record
	loaders    = 8
)

func (l *lethe) addOne(ctx context.Context, id, organisation string, records int) error {
	profile := customer.Profile{Organisation: organisation, Email: id + "@example.com"}
	by := customer.Change{By: "bench"}
	if _, err := l.service.Create(ctx, id, profile, by); err != nil {
		return err
	}
	data := json.RawMessage(`{"text":"` + strings.Repeat("x", recordText) + `"}`)
	all := make([]customer.Record, records)
	for i := range all {
		all[i] = customer.Record{Key: customer.Key{{Kind: ticket, ID: fmt.Sprintf("t%05d", i)}}, Data: data}
	}
	for some := range slices.Chunk(all, customer.MaxBatch) {
		results, err := l.service.AddRecords(ctx, id, some, by)
		if err := errors.Join(append(results, err)...); err != nil {
			return err
		}
	}
	return nil
}

func (l *lethe) addCrowd(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loaders)
	for i := range l.size.Crowd {
		group.Go(func() error { return l.addOne(ctx, crowdID(i), fmt.Sprintf("Crowd %d", i), l.size.Each) })
	}
	return group.Wait()
}

// addOthers adds the customers that are only listed. They are copies of one that Lethe made, older than the rest and
// without records.
func (l *lethe) addOthers(ctx context.Context) error {
	if err := l.addOne(ctx, "other", "Other", 0); err != nil {
		return err
	}
	made, err := l.client().GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(mainTable), Key: item{"pk": text("C#other"), "sk": text("#")}})
	if err != nil {
		return err
	}
	others := make([]item, l.size.Customers-l.size.Crowd-2) // without the crowd, the heavy customer and the copied one
	for i := range others {
		id := fmt.Sprintf("other-%d", i)
		created := time.Unix(1e9, 0).UTC().Add(time.Duration(i)*time.Millisecond).Format("2006-01-02T15:04:05.000Z") + "#" + id
		it := maps.Clone(made.Item)
		delete(it, "terms") // lists don't read them
		it["pk"], it["created"], it["isk"] = text("C#"+id), text(created), text(created)
		it["ipk"] = text(fmt.Sprintf("live#%d", i%4))
		it["profile"] = &types.AttributeValueMemberM{Value: item{"o": text(fmt.Sprintf("Other %d", i))}}
		others[i] = it
	}
	return l.put(ctx, others)
}

// walk pages to a position in the list and returns its cursor.
func (l *lethe) walk(ctx context.Context, position int) (cursor string, err error) {
	for position > 0 && err == nil {
		limit := min(position, 200)
		position -= limit
		cursor, err = l.page(ctx, limit, cursor)
	}
	return cursor, err
}

// put writes raw items.
func (l *lethe) put(ctx context.Context, items []item) error {
	client := l.client()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loaders)
	for some := range slices.Chunk(items, maxBatchWrite) {
		batch := make([]types.WriteRequest, len(some))
		for i := range some {
			batch[i].PutRequest = &types.PutRequest{Item: some[i]}
		}
		group.Go(func() error { return batchWrite(ctx, client, mainTable, batch) })
	}
	return group.Wait()
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
