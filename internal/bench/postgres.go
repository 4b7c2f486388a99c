package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is a schema as a careful engineer writes it: indexed foreign keys that cascade, a deletion date, views that
// hide deleted rows, an index for every query here. It has no API in front.
type postgres struct {
	size    size
	dir     string
	cluster *cluster
	pool    *pgxpool.Pool
	server  string  // version
	last    listing // last row of the page before the middle one
}

// listing is one row of a list of customers.
type listing struct {
	ID, Organisation string
	Email            *string
	Created          time.Time
}

func newPostgres(s size, dir string) *postgres { return &postgres{size: s, dir: dir} }

func (p *postgres) name() string { return "PostgreSQL" }

func (p *postgres) about() string {
	return p.server + ", as initdb configures it, through pgx " + versionOf("github.com/jackc/pgx/v5") + " and a socket, without an API. Soft delete is a date " +
		"on the customer and views; many are one statement. A purge is ON DELETE CASCADE over an indexed foreign key."
}

func (p *postgres) close() {
	if p.pool != nil {
		p.pool.Close()
	}
	if p.cluster != nil {
		p.cluster.stop()
	}
}

const schema = `
CREATE TABLE customers (
  id           text PRIMARY KEY,
  organisation text NOT NULL,
  email        text UNIQUE,
  created      timestamptz NOT NULL,
  deleted_at   timestamptz,
  deleted_by   text
);
CREATE INDEX customers_live  ON customers (created DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX customers_trash ON customers (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX customers_name  ON customers (lower(organisation) text_pattern_ops);
CREATE TABLE records (
  customer text NOT NULL REFERENCES customers ON DELETE CASCADE,
  kind     text NOT NULL,
  id       text NOT NULL,
  data     jsonb NOT NULL,
  created  timestamptz NOT NULL,
  PRIMARY KEY (customer, kind, id)
);
CREATE VIEW live_customers AS SELECT id, organisation, email, created FROM customers WHERE deleted_at IS NULL;
CREATE VIEW live_records AS SELECT r.customer, r.kind, r.id, r.data, r.created FROM records r JOIN customers c ON c.id = r.customer WHERE c.deleted_at IS NULL;
`

func (p *postgres) load(ctx context.Context) (err error) {
	if p.cluster, err = startCluster(ctx, p.dir); err != nil {
		return err
	}
	if p.pool, err = p.cluster.connect(ctx); err != nil {
		return err
	}
	if _, err := p.pool.Exec(ctx, schema); err != nil {
		return err
	}
	others := `INSERT INTO customers SELECT 'other-' || i, 'Other ' || i, NULL, now() - interval '1 day' - i * interval '1 ms' FROM generate_series(1, $1) i`
	if _, err := p.pool.Exec(ctx, others, p.size.Customers-p.size.Crowd-1); err != nil {
		return err
	}
	if err := p.addCrowd(ctx); err != nil {
		return err
	}
	if err := p.addHeavy(ctx); err != nil {
		return err
	}
	if _, err := p.pool.Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return err
	}
	if err := p.pool.QueryRow(ctx, "SHOW server_version").Scan(&p.server); err != nil {
		return err
	}
	before, err := p.page(ctx, byNumber, (p.size.farPage()-2)*pageSize)
	if err == nil {
		p.last = before[pageSize-1]
	}
	return err
}

func (p *postgres) addCrowd(ctx context.Context) error {
	_, err := p.pool.Exec(ctx, `INSERT INTO customers
		SELECT 'crowd-' || i, 'Crowd ' || i, 'crowd-' || i || '@example.com', now() - i * interval '1 ms' FROM generate_series(1, $1) i`, p.size.Crowd)
	if err != nil {
		return err
	}
	_, err = p.pool.Exec(ctx, `INSERT INTO records
		SELECT 'crowd-' || i, 'ticket', 't' || n, jsonb_build_object('text', repeat('x', $3)), now()
		FROM generate_series(1, $1) i, generate_series(1, $2) n`, p.size.Crowd, p.size.Each, recordText)
	return err
}

func (p *postgres) addHeavy(ctx context.Context) error {
	_, err := p.pool.Exec(ctx, `INSERT INTO customers VALUES ($1, 'Heavy', 'heavy@example.com', now())`, heavyID)
	if err != nil {
		return err
	}
	_, err = p.pool.Exec(ctx, `INSERT INTO records
		SELECT $1, 'ticket', 't' || n, jsonb_build_object('text', repeat('x', $3)), now() FROM generate_series(1, $2) n`,
		heavyID, p.size.Heavy, recordText)
	return err
}

func (p *postgres) steps() map[step]func(context.Context, *laps) error {
	return map[step]func(context.Context, *laps) error{
		deleteAndRestore: p.deleteAndRestore,
		readPages:        p.readPages,
		deleteCrowd:      p.deleteCrowd,
		purgeCrowd:       p.purgeCrowd,
		purgeHeavy:       p.purgeHeavy,
	}
}

// change runs a statement that must change n customers.
func (p *postgres) change(ctx context.Context, customers int, sql string, args ...any) error {
	tag, err := p.pool.Exec(ctx, sql, args...)
	if err != nil {
		return err
	}
	return expect(sql, int(tag.RowsAffected()), customers)
}

// counts checks that a measured step did its work.
func (p *postgres) counts(ctx context.Context, want int, sql string, args ...any) error {
	var n int
	if err := p.pool.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		return err
	}
	return expect(sql, n, want)
}

const (
	deleteOneSQL   = `UPDATE customers SET deleted_at = now(), deleted_by = $2 WHERE id = $1 AND deleted_at IS NULL`
	restoreOneSQL  = `UPDATE customers SET deleted_at = NULL, deleted_by = NULL WHERE id = $1 AND deleted_at IS NOT NULL`
	deleteManySQL  = `UPDATE customers SET deleted_at = now(), deleted_by = $1 WHERE lower(organisation) LIKE 'crowd%' AND deleted_at IS NULL`
	restoreManySQL = `UPDATE customers SET deleted_at = NULL, deleted_by = NULL WHERE deleted_at IS NOT NULL`
	purgeSQL       = `DELETE FROM customers WHERE deleted_at IS NOT NULL`
)

func (p *postgres) deleteAndRestore(ctx context.Context, took *laps) error {
	err := repeat(func() error {
		start := time.Now()
		if err := p.change(ctx, 1, deleteOneSQL, heavyID, "bench"); err != nil {
			return err
		}
		took.since(start, softDelete)
		start = time.Now()
		if err := p.change(ctx, 1, restoreOneSQL, heavyID); err != nil {
			return err
		}
		took.since(start, restore)
		return nil
	})
	if err != nil {
		return err
	}
	return p.hidden(ctx)
}

// hidden checks that the view hides the records of a deleted customer, and of no other.
func (p *postgres) hidden(ctx context.Context) error {
	const visible = `SELECT count(*) FROM live_records WHERE customer = $1`
	if err := p.counts(ctx, p.size.Heavy, visible, heavyID); err != nil {
		return err
	}
	if err := p.change(ctx, 1, deleteOneSQL, heavyID, "bench"); err != nil {
		return err
	}
	if err := p.counts(ctx, 0, visible, heavyID); err != nil {
		return err
	}
	return p.change(ctx, 1, restoreOneSQL, heavyID)
}

const (
	columns  = `SELECT id, organisation, email, created FROM live_customers `
	byNumber = columns + `ORDER BY created DESC, id DESC LIMIT 50 OFFSET $1`
	byKeyset = columns + `WHERE (created, id) < ($1, $2) ORDER BY created DESC, id DESC LIMIT 50`
)

func (p *postgres) page(ctx context.Context, sql string, args ...any) ([]listing, error) {
	rows, err := p.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	listings, err := pgx.CollectRows(rows, pgx.RowToStructByPos[listing])
	if err != nil {
		return nil, err
	}
	return listings, expect("customers of a page", len(listings), pageSize)
}

func (p *postgres) readPages(ctx context.Context, took *laps) error {
	read := func(t task, sql string, args ...any) error {
		start := time.Now()
		if _, err := p.page(ctx, sql, args...); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		took.since(start, t)
		return nil
	}
	return repeat(func() error {
		if err := read(firstPage, byNumber, 0); err != nil {
			return err
		}
		if err := read(farPage, byNumber, (p.size.farPage()-1)*pageSize); err != nil {
			return err
		}
		return read(farPageKeyset, byKeyset, p.last.Created, p.last.ID)
	})
}

func (p *postgres) deleteCrowd(ctx context.Context, took *laps) error {
	start := time.Now()
	if err := p.change(ctx, p.size.Crowd, deleteManySQL, "bench"); err != nil {
		return err
	}
	took.since(start, accepted, deleted, deletedSQL)
	return p.change(ctx, p.size.Crowd, restoreManySQL)
}

func (p *postgres) purgeCrowd(ctx context.Context, took *laps) error {
	if err := p.change(ctx, p.size.Crowd, deleteManySQL, "bench"); err != nil {
		return err
	}
	start := time.Now()
	if err := p.change(ctx, p.size.Crowd, purgeSQL); err != nil {
		return err
	}
	took.since(start, purgeAccepted, purgedCrowd)
	if err := p.counts(ctx, p.size.Heavy, `SELECT count(*) FROM records`); err != nil {
		return err
	}
	return p.addCrowd(ctx)
}

func (p *postgres) purgeHeavy(ctx context.Context, took *laps) error {
	if err := p.change(ctx, 1, deleteOneSQL, heavyID, "bench"); err != nil {
		return err
	}
	start := time.Now()
	if err := p.change(ctx, 1, purgeSQL); err != nil {
		return err
	}
	took.since(start, purgedHeavy)
	if err := p.counts(ctx, p.size.Crowd*p.size.Each, `SELECT count(*) FROM records`); err != nil {
		return err
	}
	return p.addHeavy(ctx)
}
