// Package clients has programs that talk to servers of their own through the client libraries that
// services use: gRPC, Redis, PostgreSQL, NATS and Kafka. Each is there
// healthy, where the library's waiting goroutines are all there is to see, and with a slow server,
// for which HTTP handlers wait or workers in loops of their own.
//
// It is a module of its own, so that nobody who uses tracewatch gets these libraries with it.
package clients

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// All returns the programs.
func All() []scenario.Scenario {
	var all []scenario.Scenario
	for _, c := range []client{grpcClient(), redisClient(), pgxClient(), sqlClient(), natsClient(), kafkaClient()} {
		all = append(all, c.healthy())
		if c.site != "" {
			all = append(all, c.slow("handlers", asHandlers), c.slow("workers", asWorkers))
		}
	}
	return all
}

// client is a program around one library.
type client struct {
	name string
	doc  string // of the healthy one
	site string // the function in which callers wait for the server; empty: it is never slow

	build func(p *program) error
}

// sitePrefix is what a stack trace puts before the name of a function of this package.
const sitePrefix = "github.com/gotracewatch/tracewatch/internal/scenario/clients."

func (c client) healthy() scenario.Scenario {
	return scenario.Scenario{Name: c.name, Doc: c.doc, Start: built(c.build, asWorkers|asHandlers)}
}

func (c client) slow(who string, m manner) scenario.Scenario {
	return scenario.Scenario{
		Name:  c.name + "-slow-" + who,
		Doc:   fmt.Sprintf("The server answers in hundreds of milliseconds, and two dozen %s wait for it.", who),
		Kind:  "netpoll-block",
		Sites: []string{sitePrefix + c.site},
		Start: built(c.build, m),
	}
}
