package main

import (
	"context"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/gotracewatch/tracewatch/internal/leakshapes"
)

func grpcConnectionNotClosed() leakshapes.Shape {
	return leakshapes.Shape{
		Name:    "grpc-connection-not-closed",
		Doc:     "Nobody closes a gRPC connection, whose goroutines wait for news of its server for ever.",
		Stays:   3,
		Forever: true,
		Run: func(t testing.TB) {
			addr := serveHealth(t)
			conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials())) // stays 3
			noError(t, err)
			service := grpc_health_v1.NewHealthClient(conn)
			_, err = service.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
			noError(t, err)
		},
	}
}

// lazyConnection is a client for all tests of the process, with its server, which the first of them
// makes and nobody closes: neither is a leak.
var lazyConnection = sync.OnceValues(func() (*grpc.ClientConn, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	go s.Serve(l)
	return grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
})

// grpcStreamNotDrained leaves the server's handler too, which is not counted: it was started by the
// server, which is the process's.
func grpcStreamNotDrained() leakshapes.Shape {
	return leakshapes.Shape{
		Name:    "grpc-stream-not-drained",
		Doc:     "A stream of a connection for all tests is neither read to its end nor cancelled, nor is its handler.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			conn, err := lazyConnection()
			noError(t, err)
			service := grpc_health_v1.NewHealthClient(conn)
			stream, err := service.Watch(context.Background(), &grpc_health_v1.HealthCheckRequest{}) // stays
			noError(t, err)
			_, err = stream.Recv()
			noError(t, err)
		},
	}
}

func grpcServerNotStopped() leakshapes.Shape {
	return leakshapes.Shape{
		Name:    "grpc-server-not-stopped",
		Doc:     "The client closes and nobody stops the server, which waits for the next.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			noError(t, err)
			s := grpc.NewServer()
			grpc_health_v1.RegisterHealthServer(s, health.NewServer())
			go s.Serve(l) // stays
			service := dialHealth(t, l.Addr().String())
			_, err = service.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
			noError(t, err)
		},
	}
}
