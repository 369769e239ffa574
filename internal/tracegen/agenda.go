package tracegen

// appointment is when something happens next.
type appointment struct {
	at     int64
	what   happening
	m      *machine // whose turn it is
	ticket uint64   // of m, when this was made
	r      *routine // whom the timer wakes; nil: it creates a goroutine
}

type happening uint8

const (
	turn    happening = iota // a thread goes on
	arrival                  // the network has something for a connection
	timer
	monitor // sysmon looks around
)

// agenda is a heap of appointments by time.
type agenda []appointment

func (a *agenda) push(x appointment) {
	h := append(*a, x)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2].at > x.at {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = x
	*a = h
}

// pop takes the earliest out. The agenda must not be empty.
func (a *agenda) pop() appointment {
	h := *a
	first, x := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*a = h
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].at < h[child].at {
			child++
		}
		if h[child].at >= x.at {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = x
	}
	return first
}
