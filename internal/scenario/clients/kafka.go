package clients

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func kafkaClient() client {
	return client{
		name:  "kafka",
		doc:   "Twenty Kafka consumers fetch again and again and wait half a second for a record, because there are few.",
		build: buildKafka,
	}
}

const kafkaConsumers = 20

func buildKafka(p *program) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "busy", "quiet"))
	if err != nil {
		return err
	}
	p.atEnd(func() error {
		cluster.Close()
		return nil
	})
	for i := range kafkaConsumers {
		topic := "quiet"
		if i%5 == 0 {
			topic = "busy"
		}
		c, err := p.connectKafka(cluster, kgo.ConsumeTopics(topic), kgo.FetchMaxWait(500*time.Millisecond))
		if err != nil {
			return err
		}
		p.running.Go(func() {
			for p.ctx.Err() == nil {
				c.PollFetches(p.ctx).EachError(func(_ string, _ int32, err error) { p.fail(err) })
			}
		})
	}
	producer, err := p.connectKafka(cluster)
	if err != nil {
		return err
	}
	return p.ask(func() error { return produceKafka(p.ctx, producer) })
}

func (p *program) connectKafka(cluster *kfake.Cluster, opts ...kgo.Opt) (*kgo.Client, error) {
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(cluster.ListenAddrs()...))...)
	if err != nil {
		return nil, err
	}
	p.atEnd(func() error {
		c.Close()
		return nil
	})
	return c, nil
}

//go:noinline
func produceKafka(ctx context.Context, c *kgo.Client) error {
	return c.ProduceSync(ctx, &kgo.Record{Topic: "busy", Value: []byte("a record")}).FirstErr()
}
