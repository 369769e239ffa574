package clients

import (
	"context"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"
)

func redisClient() client {
	return client{
		name:  "redis",
		doc:   "Two dozen callers use a pool of Redis connections, and twenty wait for messages on channels.",
		site:  "askRedis",
		build: buildRedis,
	}
}

const subscriptions = 20

func buildRedis(p *program) error {
	m := miniredis.NewMiniRedis()
	if err := m.Start(); err != nil {
		return err
	}
	p.atEnd(func() error {
		m.Close()
		return nil
	})
	m.Server().SetPreHook(func(_ *server.Peer, cmd string, _ ...string) bool {
		if cmd == "GET" {
			p.serve()
		}
		return false // it is to be carried out
	})
	if err := m.Set("key", "value"); err != nil {
		return err
	}
	c := redis.NewClient(&redis.Options{Addr: m.Addr(), PoolSize: 2 * callers})
	p.atEnd(c.Close)
	for range subscriptions {
		s := c.Subscribe(p.ctx, "quiet")
		p.atEnd(s.Close)
		messages := s.Channel()
		p.running.Go(func() {
			for {
				select {
				case <-p.ctx.Done():
					return
				case <-messages:
				}
			}
		})
	}
	return p.ask(func() error { return askRedis(p.ctx, c) })
}

//go:noinline
func askRedis(ctx context.Context, c *redis.Client) error {
	return c.Get(ctx, "key").Err()
}
