package customer

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Settings reads the settings in force.
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

// inForce is Settings, read at most SettingsAge ago. Nobody waits for the reading of another,
// who may have more time than he.
func (s *Service) inForce(ctx context.Context) (Settings, error) {
	asked := time.Now()
	if settings, fresh := s.known(asked); fresh {
		return settings, nil
	}
	settings, err := s.Settings(ctx)
	if err != nil {
		return Settings{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if asked.After(s.readAt) {
		s.cached, s.readAt = settings, asked
	}
	return settings, nil
}

// freeze is what a purge is to go by that passes the fence now.
func (s *Service) freeze(ctx context.Context) ([]Kind, error) {
	settings, err := s.inForce(ctx)
	if err != nil {
		return nil, fmt.Errorf("freeze policies: %w", err)
	}
	return settings.Freeze(), nil
}

// frozen gives those customers something to go by whom an older version brought past the
// fence, which froze nothing.
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

// known are the settings read last, if they may be gone by at a time.
func (s *Service) known(at time.Time) (settings Settings, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cached, !s.readAt.IsZero() && at.Sub(s.readAt) < s.SettingsAge
}

// UpdateSettings replaces the settings. It answers when no process goes by the old
// ones any longer. A retention that gives less than a day's notice must be
// acknowledged: ErrConfirm. The retention of those in the trash stays as it was. The
// settings keep whose change they are.
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
	if shorter && wanted.Retention.Shorter(PeriodOf(ShortNotice)) && !acknowledged {
		return current, ErrConfirm
	}
	wanted.Changed = Changed{s.Now(), by}
	stored, err := s.settings.PutSettings(ctx, wanted)
	if err != nil {
		return current, err
	}
	return stored, s.everywhere(ctx)
}

// everywhere waits until every process has read the settings again.
func (s *Service) everywhere(ctx context.Context) error {
	s.mu.Lock()
	s.readAt = time.Time{}
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.SettingsAge):
		return nil
	}
}

// Forecast tells what a retention would mean for those now in the trash.
func (s *Service) Forecast(ctx context.Context, retention Period) (Forecast, error) {
	return forecast(s.purges.Trash(ctx, time.Time{}), retention, s.Now())
}
