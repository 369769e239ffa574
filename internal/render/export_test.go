package render

// What the tests against tracewatch need, which imports this package.
var (
	UnitsOf   = unitsOf
	LevelByte = levelByte
	RowOf     = rowOf
)

const HeatUnit = heatUnit
