package tracewatchhttp

import "context"

// analyse does work that costs the service: one at a time, for so long at most, and charged for.
func (h *handler) analyse(ctx context.Context, work func(context.Context) error) error {
	if err := h.analyses.enter(ctx); err != nil {
		return err
	}
	defer h.analyses.leave()
	charge, err := h.workRate.toll()
	if err != nil {
		return err
	}
	defer charge()
	ctx, cancel := context.WithTimeout(ctx, h.bounds.work)
	defer cancel()
	return work(ctx)
}
