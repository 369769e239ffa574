package leakshapes

import "testing"

func nilChannelReceive() Shape {
	return Shape{
		Name:    "nil-channel-receive",
		Doc:     "A service made without its constructor has no channel of events, and waits for one for ever.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			s := &alarms{handled: make(map[string]int)}
			go s.listen() // stays
		},
	}
}

// alarms counts what comes. Its channel is left to the constructor.
type alarms struct {
	events  chan string
	handled map[string]int
}

func (s *alarms) listen() {
	for e := range s.events {
		s.handled[e]++
	}
}

func nilChannelSend() Shape {
	return Shape{
		Name:    "nil-channel-send",
		Doc:     "A job reports its progress to a channel that its owner has not made, because it does not want to know.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			j := &migration{tables: []string{"users", "orders"}}
			go j.run() // stays
		},
	}
}

type migration struct {
	tables   []string
	progress chan<- string // optional, or so its owner thinks
}

func (m *migration) run() {
	for _, t := range m.tables {
		m.progress <- t
	}
}

func replyForgotten() Shape {
	return Shape{
		Name:    "reply-forgotten",
		Doc:     "A request brings a channel for the reply, and a request for an unknown key gets none.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			requests := make(chan keyRequest)
			go askForKey(requests, "unknown") // stays
			answerKey(map[string]string{"known": "value"}, <-requests)
		},
	}
}

type keyRequest struct {
	key   string
	reply chan string
}

func askForKey(requests chan<- keyRequest, key string) string {
	r := keyRequest{key, make(chan string)}
	requests <- r
	return <-r.reply
}

func answerKey(table map[string]string, r keyRequest) {
	if value, ok := table[r.key]; ok {
		r.reply <- value
	}
}

func requestAfterStop() Shape {
	return Shape{
		Name:    "request-after-stop",
		Doc:     "A node is asked for its status when its loop has ended, and nobody takes the request.",
		Source:  goker + ": etcd#6857",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			n := &raftNode{status: make(chan chan int), stop: make(chan struct{}), done: make(chan struct{})}
			go n.run()
			close(n.stop)
			<-n.done
			go n.term() // stays
		},
	}
}

type raftNode struct {
	status chan chan int
	stop   chan struct{}
	done   chan struct{}
}

func (n *raftNode) run() {
	defer close(n.done)
	for {
		select {
		case c := <-n.status:
			c <- 7
		case <-n.stop:
			return
		}
	}
}

func (n *raftNode) term() int {
	c := make(chan int)
	n.status <- c
	return <-c
}

func stopChannelReplaced() Shape {
	return Shape{
		Name:    "stop-channel-replaced",
		Doc:     "A feed that is started twice has a new stop channel, so that Stop ends the second loop only.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			f := &feed{news: make(chan string)}
			f.start()
			f.start()
			close(f.stop)
			f.news <- "rain" // the first loop is there to take it
		},
	}
}

type feed struct {
	news chan string
	stop chan struct{}
}

func (f *feed) start() {
	stop := make(chan struct{})
	f.stop = stop
	go func() { // stays
		for {
			select {
			case <-f.news:
			case <-stop:
				return
			}
		}
	}()
}

func barrierOneShort() Shape {
	return Shape{
		Name:    "barrier-one-short",
		Doc:     "A match begins when four players are there, and one of them has stayed at home.",
		Stays:   4,
		Forever: true,
		Run: func(testing.TB) {
			arrived, begin := make(chan string), make(chan struct{})
			go func() { // stays
				for range 4 {
					<-arrived
				}
				close(begin)
			}()
			for _, player := range []string{"Ada", "Grace", "Barbara"} {
				go func() { // stays 3
					arrived <- player
					<-begin
				}()
			}
		},
	}
}
