package main

import (
	"context"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // they create the system collections
)

// PocketBase's ids have 15 characters.
const pocketHeavy = "heavy0000000000"

// load creates the collections through PocketBase, and fills them with SQL.
func (p *pocketBase) load(ctx context.Context) error {
	p.app = core.NewBaseApp(core.BaseAppConfig{DataDir: p.dir})
	if err := p.app.Bootstrap(); err != nil {
		return err
	}
	if err := p.app.RunAllMigrations(); err != nil {
		return err
	}
	if err := p.allowBatches(); err != nil {
		return err
	}
	token, err := p.admin()
	if err != nil {
		return err
	}
	if err := p.makeCollections(); err != nil {
		return err
	}
	if err := p.serve(token); err != nil {
		return err
	}
	if err := p.fill(ctx); err != nil {
		return err
	}
	before, err := p.list(ctx, notDeleted, p.size.farPage()-1, pageSize, "id,created")
	if err == nil {
		p.last = before.Items[pageSize-1].Created
	}
	return err
}

// allowBatches allows batches as large as the crowd: by default batches are off.
func (p *pocketBase) allowBatches() error {
	settings := p.app.Settings()
	settings.Batch.Enabled, settings.Batch.MaxRequests, settings.Batch.Timeout = true, p.size.Crowd, 600
	return p.app.Save(settings)
}

// admin creates an administrator that the rules apply to. PocketBase does not evaluate rules for superusers.
func (p *pocketBase) admin() (token string, err error) {
	admins := core.NewAuthCollection("admins")
	if err := p.app.Save(admins); err != nil {
		return "", err
	}
	admin := core.NewRecord(admins)
	admin.SetEmail("bench@example.com")
	admin.SetRandomPassword()
	if err := p.app.Save(admin); err != nil {
		return "", err
	}
	return admin.NewAuthToken()
}

func (p *pocketBase) makeCollections() error {
	admins := `@request.auth.collectionName = "admins"`
	gone := admins + ` && deleted != ""` // only customers in the trash may be purged
	customers := core.NewBaseCollection("customers")
	customers.ListRule, customers.ViewRule, customers.UpdateRule, customers.DeleteRule = &admins, &admins, &admins, &gone
	customers.Fields.Add(
		&core.TextField{Name: "organisation", Required: true}, &core.EmailField{Name: "email"},
		&core.DateField{Name: "created"}, &core.DateField{Name: "deleted"}, &core.TextField{Name: "deletedBy"},
	)
	customers.AddIndex("customers_created", false, "created", "")
	customers.AddIndex("customers_deleted", false, "deleted", "")
	customers.AddIndex("customers_email", true, "email", "email != ''")
	customers.AddIndex("customers_organisation", false, "organisation COLLATE NOCASE", "")
	if err := p.app.Save(customers); err != nil {
		return err
	}
	visible := admins + ` && customer.deleted = ""`
	records := core.NewBaseCollection("records")
	records.ListRule, records.ViewRule = &visible, &visible
	records.Fields.Add(
		&core.RelationField{Name: "customer", CollectionId: customers.Id, CascadeDelete: true, Required: true, MaxSelect: 1},
		&core.TextField{Name: "kind", Required: true}, &core.JSONField{Name: "data"}, &core.DateField{Name: "created"},
	)
	records.AddIndex("records_customer", false, "customer", "")
	return p.app.Save(records)
}

func (p *pocketBase) serve(token string) error {
	router, err := apis.NewRouter(p.app)
	if err != nil {
		return err
	}
	mux, err := router.BuildMux()
	p.api = client{mux, map[string]string{"Authorization": token}}
	return err
}

// numbers starts a statement with a table of the numbers i from 1 to {:n}.
const numbers = `WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {:n}) `

// ago is a time in the past, given in milliseconds before now.
const ago = `strftime('%Y-%m-%d %H:%M:%fZ', 'now', `

func (p *pocketBase) fill(ctx context.Context) error {
	others := p.size.Customers - p.size.Crowd - 1
	err := p.exec(ctx, others, numbers+`INSERT INTO customers (id, organisation, created)
		SELECT printf('other%010d', i), 'Other ' || i, `+ago+`'-1 day', printf('-%.3f seconds', i / 1000.0)) FROM numbers`, dbx.Params{"n": others})
	if err != nil {
		return err
	}
	if err := p.addCrowd(ctx); err != nil {
		return err
	}
	if err := p.addHeavy(ctx); err != nil {
		return err
	}
	return p.exec(ctx, 0, `ANALYZE`, nil)
}

func (p *pocketBase) addCrowd(ctx context.Context) error {
	err := p.exec(ctx, p.size.Crowd, numbers+`INSERT INTO customers (id, organisation, email, created)
		SELECT printf('crowd%010d', i), 'Crowd ' || i, 'crowd-' || i || '@example.com', `+ago+`printf('-%.3f seconds', i / 1000.0)) FROM numbers`,
		dbx.Params{"n": p.size.Crowd})
	if err != nil {
		return err
	}
	all := p.size.Crowd * p.size.Each
	return p.exec(ctx, all, numbers+`INSERT INTO records (id, customer, kind, data, created)
		SELECT printf('c%014d', i), printf('crowd%010d', (i - 1) / {:each} + 1), 'ticket', json_object('text', printf('%.*c', {:size}, 'x')), `+ago+`'0 days') FROM numbers`,
		dbx.Params{"n": all, "each": p.size.Each, "size": recordText})
}

func (p *pocketBase) addHeavy(ctx context.Context) error {
	err := p.exec(ctx, 1, `INSERT INTO customers (id, organisation, email, created)
		VALUES ({:id}, 'Heavy', 'heavy@example.com', `+ago+`'0 days'))`, dbx.Params{"id": pocketHeavy})
	if err != nil {
		return err
	}
	return p.exec(ctx, p.size.Heavy, numbers+`INSERT INTO records (id, customer, kind, data, created)
		SELECT printf('h%014d', i), {:id}, 'ticket', json_object('text', printf('%.*c', {:size}, 'x')), `+ago+`'0 days') FROM numbers`,
		dbx.Params{"n": p.size.Heavy, "id": pocketHeavy, "size": recordText})
}

// exec runs a statement that must change n rows; n = 0 accepts any number.
func (p *pocketBase) exec(ctx context.Context, rows int, sql string, params map[string]any) error {
	result, err := p.app.NonconcurrentDB().NewQuery(sql).WithContext(ctx).Bind(params).Execute()
	if err != nil || rows == 0 {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return err
	}
	return expect(sql, int(n), rows)
}
