// Network traces goroutines that wait for the network poller, on every kind of
// descriptor it serves: TCP under HTTP, a unix socket, UDP and a pipe.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/trace"
	"sync"
	"time"
)

// Every pause is a whole number of these, so that the rounds of the exchanges
// spread over several generations.
const pause = 4 * time.Millisecond

// rounds bounds every exchange.
const rounds = 12

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: network FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "network:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := trace.Start(f); err != nil {
		return err
	}
	err = all(
		exchangeHTTP,
		expireReads,
		func() error { return exchangeUnix(filepath.Join(filepath.Dir(name), "s")) },
		exchangeUDP,
		exchangePipe,
	)
	trace.Stop()
	return errors.Join(err, f.Close())
}

// all runs the functions at the same time and returns all their errors.
func all(fs ...func() error) error {
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = f()
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// exchangeHTTP has clients that keep their connection, one that opens a fresh
// one for every request, and one that is kept waiting by a slow handler.
func exchangeHTTP() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/fast", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fast") })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(3 * pause)
		io.WriteString(w, "slow")
	})
	srv := &http.Server{Handler: mux}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()

	base := "http://" + l.Addr().String()
	err = all(
		func() error { return get(base+"/fast", rounds, false) },
		func() error { return get(base+"/fast", rounds, false) },
		func() error { return get(base+"/fast", rounds/2, true) },
		func() error { return get(base+"/slow", rounds/2, false) },
	)
	err = errors.Join(err, srv.Shutdown(context.Background()))
	if e := <-served; e != http.ErrServerClosed {
		err = errors.Join(err, e)
	}
	return err
}

func get(url string, n int, fresh bool) error {
	t := &http.Transport{DisableKeepAlives: fresh}
	defer t.CloseIdleConnections()
	c := &http.Client{Transport: t, Timeout: 5 * time.Second}
	for i := 0; i < n; i++ {
		resp, err := c.Get(url)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}

// expireReads reads from a peer that never writes until the deadline passes: a
// wake-up by a timer that looks like one by the poller.
func expireReads() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	silent := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			close(silent)
			return
		}
		silent <- c
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	if peer, ok := <-silent; ok {
		defer peer.Close()
	}
	for i := 0; i < rounds; i++ {
		if err := c.SetReadDeadline(time.Now().Add(2 * pause)); err != nil {
			return err
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("a read that should expire returned %v", err)
		}
	}
	return nil
}

func exchangeUnix(path string) error {
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	defer l.Close()
	return all(
		func() error {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = io.Copy(c, c)
			return err
		},
		func() error {
			time.Sleep(pause) // so that the other side has to wait in Accept
			c, err := net.Dial("unix", path)
			if err != nil {
				return err
			}
			defer c.Close()
			return pingPong(c)
		},
	)
}

// pingPong writes to an echo and reads the answer.
func pingPong(c io.ReadWriter) error {
	b := []byte("ping")
	for i := 0; i < rounds; i++ {
		if _, err := c.Write(b); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, b); err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}

func exchangeUDP() error {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	return all(
		func() error {
			b := make([]byte, 16)
			for i := 0; i < rounds; i++ {
				n, from, err := server.ReadFrom(b)
				if err != nil {
					return err
				}
				if _, err := server.WriteTo(b[:n], from); err != nil {
					return err
				}
			}
			return nil
		},
		func() error {
			c, err := net.Dial("udp", server.LocalAddr().String())
			if err != nil {
				return err
			}
			defer c.Close()
			return pingPong(c)
		},
	)
}

func exchangePipe() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	return all(
		func() error {
			defer r.Close()
			_, err := io.Copy(io.Discard, r)
			return err
		},
		func() error {
			defer w.Close()
			for i := 0; i < rounds; i++ {
				if _, err := w.WriteString("over the pipe"); err != nil {
					return err
				}
				time.Sleep(2 * pause)
			}
			return nil
		},
	)
}
