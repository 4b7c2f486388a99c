package customer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lethe/internal/audit"
)

// Settings reads the settings in force, consistently.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	settings, err := s.settings.Settings(ctx)
	if err != nil {
		return Settings{}, err
	}
	if settings.Version == 0 {
		return s.Defaults, nil
	}
	return settings, nil
}

// InForce returns the settings in force, read at most SettingsAge ago.
func (s *Service) InForce(ctx context.Context) (Settings, error) {
	return s.inForce.Get(ctx, s.SettingsAge, s.Settings)
}

// freeze returns the kinds for a purge that passes the fence now.
func (s *Service) freeze(ctx context.Context) ([]Kind, error) {
	settings, err := s.InForce(ctx)
	if err != nil {
		return nil, fmt.Errorf("freeze policies: %w", err)
	}
	return settings.Freeze(), nil
}

// frozen returns the customers with kinds frozen on each. Older versions of Lethe froze none at the
// fence; such customers get those in force.
func (s *Service) frozen(ctx context.Context, customers []Customer) ([]Customer, error) {
	if !slices.ContainsFunc(customers, func(c Customer) bool { return c.Frozen == nil }) {
		return customers, nil
	}
	kinds, err := s.freeze(ctx)
	customers = slices.Clone(customers)
	for i := range customers {
		if customers[i].Frozen == nil {
			customers[i].Frozen = kinds
		}
	}
	return customers, err
}

// UpdateSettings replaces the settings, and returns when no process uses the old ones any more, which
// takes SettingsAge. It notes by as the author. Customers in the trash keep their purge times.
// Errors: ErrVersion if the version is not the current one, *InvalidError, and ErrConfirm if the
// change makes the retention shorter than a day and is not acknowledged.
func (s *Service) UpdateSettings(ctx context.Context, wanted Settings, acknowledged bool, by string) (Settings, error) {
	current, err := s.Settings(ctx)
	if err != nil {
		return Settings{}, err
	}
	if wanted.Version != current.Version {
		return current, ErrVersion
	}
	if err := wanted.Validate(current); err != nil {
		return current, err
	}
	shorter := wanted.Retention.Shorter(current.Retention)
	if shorter && wanted.Retention.ShortNotice() && !acknowledged {
		return current, ErrConfirm
	}
	wanted.Changed = Changed{s.Now(), by}
	logged := audit.New(ctx, wanted.Changed.At, by, audit.SettingsChanged)
	logged.Fields = current.Differs(wanted)
	stored, err := s.settings.PutSettings(ctx, wanted, logged)
	if err != nil {
		return current, err
	}
	return stored, s.inForce.Await(ctx, s.SettingsAge)
}

// Forecast returns when the customers in the trash would be purged under a retention.
func (s *Service) Forecast(ctx context.Context, retention Period) (Forecast, error) {
	return forecast(s.purges.Trash(ctx, time.Time{}), under(retention), s.Now())
}
