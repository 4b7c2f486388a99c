package conform

import (
	"testing"

	"lethe/internal/admin"
	"lethe/internal/audit"
)

func checkRules(t *testing.T, w World) {
	ctx := t.Context()
	none, err := w.Access.Rules(ctx)
	must(t, err)
	same(t, "rules before the first", none, admin.Rules{})
	wanted := admin.Rules{
		Groups:    []admin.Grant{{Group: "support", Permissions: []admin.Permission{admin.CustomersRead}}, {Group: "without"}},
		FourEyes:  admin.FourEyes{DeleteAbove: new(0), Purges: true},
		Suspended: []admin.Suspension{{Subject: "leaver", Since: w.Now(), By: "admin"}},
		Proposal: &admin.Proposal{
			Groups: []admin.Grant{{Group: "support", Permissions: []admin.Permission{admin.Purge}}}, FourEyes: admin.FourEyes{DeleteAbove: new(9)},
			At: w.Now(), By: "ann",
		},
		Changed: admin.Changed{At: w.Now(), By: "admin"},
	}
	logged, again := entryOf("admin", audit.AccessChanged, w.Now()), entryOf("admin", audit.Reinstated, w.Now())
	first, err := w.Access.PutRules(ctx, wanted, logged)
	must(t, err)
	wanted.Version = 1
	same(t, "rules that were put", first, wanted)
	_, err = w.Access.PutRules(ctx, admin.Rules{}, entryOf("refused", audit.AccessChanged, w.Now())) // by one who knows of none either
	refuses(t, err, admin.ErrVersion)
	second, err := w.Access.PutRules(ctx, admin.Rules{Version: 1, Changed: wanted.Changed}, again)
	must(t, err)
	_, err = w.Access.PutRules(ctx, first, entryOf("refused", audit.AccessChanged, w.Now()))
	refuses(t, err, admin.ErrVersion)
	read, err := w.Access.Rules(ctx)
	must(t, err)
	same(t, "rules", read, second)
	w.wantDay(t, audit.Query{By: "admin"}, logged, again)
	w.wantDay(t, audit.Query{By: "refused"})
	same(t, "second rules", read, admin.Rules{Version: 2, Changed: wanted.Changed})
}
