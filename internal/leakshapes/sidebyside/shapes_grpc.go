package main

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/gotracewatch/tracewatch/internal/leakshapes"
)

func grpcUnary() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "grpc-unary",
		Doc:  "A connection and a server have a dozen goroutines between them, some of which end after both have closed.",
		Run: func(t testing.TB) {
			service := dialHealth(t, serveHealth(t))
			var callers sync.WaitGroup
			for range 10 {
				callers.Go(func() {
					if _, err := service.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{}); err != nil {
						t.Error(err)
					}
				})
			}
			callers.Wait()
		},
	}
}

func grpcStream() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "grpc-stream",
		Doc:  "A stream has a goroutine that watches its context, which ends when the test's does.",
		Run: func(t testing.TB) {
			service := dialHealth(t, serveHealth(t))
			stream, err := service.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
			noError(t, err)
			_, err = stream.Recv()
			noError(t, err)
		},
	}
}

func grpcStreamCancelled() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "grpc-stream-cancelled",
		Doc:  "A worker receives from a stream until the test cancels it, and nobody waits for the worker.",
		Run: func(t testing.TB) {
			service := dialHealth(t, serveHealth(t))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := service.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
			noError(t, err)
			first := make(chan error, 1)
			go func() {
				_, err := stream.Recv()
				first <- err
				for err == nil {
					_, err = stream.Recv()
				}
			}()
			noError(t, <-first)
		},
	}
}

func grpcNobodyThere() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "grpc-nobody-there",
		Doc:  "A connection to an address where nobody is tries again and again until it is closed.",
		Run: func(t testing.TB) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			noError(t, err)
			noError(t, l.Close())
			service := dialHealth(t, l.Addr().String())
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err = service.Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.WaitForReady(true))
			if status.Code(err) != codes.DeadlineExceeded {
				t.Fatal(err)
			}
		},
	}
}

func grpcCallTimedOut() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "grpc-call-timed-out",
		Doc:  "A call's deadline passes, and its handler needs some time to notice.",
		Run: func(t testing.TB) {
			service := dialHealth(t, serveHealth(t, grpc.UnaryInterceptor(
				func(ctx context.Context, _ any, _ *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
					<-ctx.Done()
					time.Sleep(20 * time.Millisecond)
					return nil, ctx.Err()
				})))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if _, err := service.Check(ctx, &grpc_health_v1.HealthCheckRequest{}); err == nil {
				t.Fatal("no timeout")
			}
		},
	}
}

// serveHealth starts a server that a cleanup stops, and returns its address. Its service is gRPC's
// own, because the code for that comes with it.
func serveHealth(t testing.TB, options ...grpc.ServerOption) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	noError(t, err)
	s := grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	t.Cleanup(s.Stop)
	go s.Serve(l)
	return l.Addr().String()
}

// dialHealth returns a client whose connection a cleanup closes.
func dialHealth(t testing.TB, addr string) grpc_health_v1.HealthClient {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	noError(t, err)
	t.Cleanup(func() { conn.Close() })
	return grpc_health_v1.NewHealthClient(conn)
}

// noError ends the test if there is an error.
func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
