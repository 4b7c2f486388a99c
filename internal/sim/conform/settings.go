package conform

import (
	"testing"

	"lethe/internal/customer"
)

func checkSettings(t *testing.T, w World) {
	ctx := t.Context()
	before, err := w.Settings(ctx)
	must(t, err)
	same(t, "change of the first settings", before.Changed, customer.Changed{})
	wanted := before
	wanted.Retention, wanted.Changed = customer.Never, customer.Changed{At: w.Now(), By: "admin"}
	stored, err := w.PutSettings(ctx, wanted)
	must(t, err)
	wanted.Version++
	same(t, "settings that were put", stored, wanted)
	_, err = w.PutSettings(ctx, before)
	refuses(t, err, customer.ErrVersion)
	read, err := w.Settings(ctx)
	must(t, err)
	same(t, "settings", read, wanted)
}
