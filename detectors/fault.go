package detectors

// Fault is by whose fault a generation of the trace was lost.
type Fault uint8

// The faults.
const (
	LossRecorder Fault = iota // the recorder had overwritten it before it was collected
	LossQueue                 // the analysis was too slow, and the queue was full
	LossBroken                // it could not be read
	NumFaults
)

// String returns the fault's name.
func (f Fault) String() string {
	switch f {
	case LossRecorder:
		return "recorder"
	case LossQueue:
		return "queue"
	case LossBroken:
		return "broken"
	default:
		return "other"
	}
}
