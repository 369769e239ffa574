package sick

import "github.com/gotracewatch/tracewatch/internal/scenario"

// All returns the programs that there are on this system, by kind of fault.
func All() []scenario.Scenario {
	return append([]scenario.Scenario{
		shopBursts(),
		expensiveEndpoint(),

		shopImport(),
		listCache(),
		limitReached(),

		shopSlowStore(),
		slowDatabase(),
		slowUpstream(),

		batchBesideService(),
		compressionPool(),

		shopChecksum(),

		shopLeak(),
		forgottenContext(),

		alignedHerd(),
		retryStorm(),

		lockOverQuery(),
		writerBlocksReaders(),
		slowLogger(),

		allStacks(),
		slowToStop(),

		clockGivenUp(),
		clockFlips(),

		recorderOverwritten(),
		queueOverflows(),
	}, ofThisSystem()...)
}
