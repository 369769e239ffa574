package healthy

import (
	"context"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
)

func shopService() scenario.Scenario {
	return scenario.Scenario{
		Name:  "shop",
		Doc:   "A service with a cache, two backends, a worker and its own load uses a fifth of two cores.",
		Start: startShop,
	}
}

// soundShop is the shop without a fault.
type soundShop struct{ *shop.Service }

func startShop(ctx context.Context) (scenario.Program, error) {
	s, err := shop.Start(ctx, shop.None)
	if err != nil {
		return nil, err
	}
	return soundShop{s}, nil
}

// Break implements [scenario.Program].
func (soundShop) Break(scenario.Strength) error { return errSound }
