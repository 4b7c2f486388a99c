package conform

import (
	"testing"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

func checkSettings(t *testing.T, w World) {
	ctx := t.Context()
	before, err := w.Settings(ctx)
	must(t, err)
	same(t, "change of the first settings", before.Changed, customer.Changed{})
	wanted := before
	wanted.Retention, wanted.Changed = customer.Never, customer.Changed{At: w.Now(), By: "admin"}
	logged := entryOf("admin", audit.SettingsChanged, w.Now())
	stored, err := w.PutSettings(ctx, wanted, logged)
	must(t, err)
	wanted.Version++
	same(t, "settings that were put", stored, wanted)
	refused := entryOf("another", audit.SettingsChanged, w.Now())
	_, err = w.PutSettings(ctx, before, refused)
	refuses(t, err, customer.ErrVersion)
	w.wantDay(t, audit.Query{By: "admin"}, logged)
	w.wantDay(t, audit.Query{By: "another"})
	read, err := w.Settings(ctx)
	must(t, err)
	same(t, "settings", read, wanted)
}
