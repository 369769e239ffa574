// Package explain goes back from a moment to what led to it: it divides the time of requests among what it
// went to, and says of an anomaly who made somebody wait. It reads the same bytes that the anomaly
// was found in, a second time where that is needed, and may be generous there.
package explain
