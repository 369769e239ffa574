package clients

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func grpcClient() client {
	return client{
		name:  "grpc",
		doc:   "Two dozen callers share one gRPC connection with forty streams on which nothing comes.",
		site:  "callGRPC",
		build: buildGRPC,
	}
}

const idleStreams = 40

func buildGRPC(p *program) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(s, &slowHealth{program: p})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	p.atEnd(func() error {
		s.Stop()
		return <-served
	})
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	p.atEnd(conn.Close)
	service := grpc_health_v1.NewHealthClient(conn)
	for range idleStreams {
		p.running.Go(func() { p.fail(watchGRPC(p.ctx, service)) })
	}
	return p.ask(func() error { return callGRPC(p.ctx, service) })
}

//go:noinline
func callGRPC(ctx context.Context, service grpc_health_v1.HealthClient) error {
	_, err := service.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return err
}

// watchGRPC waits for news, of which there are none but the first.
//
//go:noinline
func watchGRPC(ctx context.Context, service grpc_health_v1.HealthClient) error {
	stream, err := service.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return err
	}
	for {
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
}

// slowHealth is a service that takes its time. It is gRPC's own health service, because the code for
// that comes with it.
type slowHealth struct {
	grpc_health_v1.UnimplementedHealthServer
	program *program
}

var serving = &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}

// Check implements [grpc_health_v1.HealthServer].
func (h *slowHealth) Check(context.Context, *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	h.program.serve()
	return serving, nil
}

// Watch implements [grpc_health_v1.HealthServer].
func (h *slowHealth) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	if err := stream.Send(serving); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}
