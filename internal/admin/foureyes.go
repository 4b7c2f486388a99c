package admin

import "context"

// FourEyes returns what needs a second administrator, by the rules in force.
func (s *Service) FourEyes(ctx context.Context) (FourEyes, error) {
	rules, err := s.inForce(ctx)
	return rules.FourEyes, err
}
