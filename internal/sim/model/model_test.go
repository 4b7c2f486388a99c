package model_test

import (
	"testing"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
	"lethe/internal/sim/conform"
	"lethe/internal/sim/model"
)

func TestTheModelIsAStoreLikeAnyOther(t *testing.T) {
	conform.Test(t, func(t testing.TB) conform.World {
		m := model.New()
		if _, err := (model.Table{Model: m}).PutSettings(t.Context(), conform.Settings, audit.New(t.Context(), time.Now(), "test", audit.SettingsChanged)); err != nil {
			t.Fatal(err)
		}
		return conform.World{
			Store: model.Table{Model: m}, Access: model.Table{Model: m}, Ledger: model.Ledger{Model: m}, Operations: model.Operations{Model: m},
			Now:    func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) },
			Expiry: func(_ testing.TB, id string) time.Time { return m.Expiry(id) },
			NameBy: func(rules func(customer.Profile) customer.Names) { m.NamesOf = rules },
		}
	})
}
