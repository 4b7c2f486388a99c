package conform

import (
	"testing"

	"lethe/internal/access"
)

func checkRules(t *testing.T, w World) {
	ctx := t.Context()
	none, err := w.Access.Rules(ctx)
	must(t, err)
	same(t, "rules before the first", none, access.Rules{})
	wanted := access.Rules{
		Groups:    []access.Grant{{Group: "support", Permissions: []access.Permission{access.CustomersRead}}, {Group: "without"}},
		FourEyes:  access.FourEyes{DeleteAbove: new(0), Purges: true},
		Suspended: []access.Suspension{{Subject: "leaver", Since: w.Now(), By: "admin"}},
		Changed:   access.Changed{At: w.Now(), By: "admin"},
	}
	first, err := w.Access.PutRules(ctx, wanted)
	must(t, err)
	wanted.Version = 1
	same(t, "rules that were put", first, wanted)
	_, err = w.Access.PutRules(ctx, access.Rules{}) // by one who knows of none either
	refuses(t, err, access.ErrVersion)
	second, err := w.Access.PutRules(ctx, access.Rules{Version: 1, Changed: wanted.Changed})
	must(t, err)
	_, err = w.Access.PutRules(ctx, first)
	refuses(t, err, access.ErrVersion)
	read, err := w.Access.Rules(ctx)
	must(t, err)
	same(t, "rules", read, second)
	same(t, "second rules", read, access.Rules{Version: 2, Changed: wanted.Changed})
}
