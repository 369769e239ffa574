package detectors

// Default returns the detectors that run if none are chosen.
func Default() []Detector {
	return []Detector{
		SchedDelay{},
		GCAssist{},
		NetpollBlock{},
		PreemptRate{},
		PreemptFailure{},
		GoroutineLeak{},
		TimerStorm{},
		LockContention{},
		StopTheWorld{},
		CPUThrottled{},
		ClockDrift{},
		TraceGap{},
	}
}
