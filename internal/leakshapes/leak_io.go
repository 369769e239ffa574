package leakshapes

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
	"testing"
)

func acceptLoop() Shape {
	return Shape{
		Name:  "accept-loop",
		Doc:   "A listener is never closed, so the loop that accepts from it goes on.",
		Stays: 1,
		Run: func(t testing.TB) {
			l := listenOnLoopback(t)
			go func() { // stays
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go greet(c)
				}
			}()
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if line, err := bufio.NewReader(c).ReadString('\n'); err != nil {
				t.Errorf("read %q: %v", line, err)
			}
		},
	}
}

// greet says hello and hangs up.
func greet(c net.Conn) {
	defer c.Close()
	io.WriteString(c, "hello\n")
}

func listenOnLoopback(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func readWithoutDeadline() Shape {
	return Shape{
		Name:  "read-without-deadline",
		Doc:   "Both ends of a connection wait for the other's next message, without a deadline.",
		Stays: 2,
		Run: func(t testing.TB) {
			l := listenOnLoopback(t)
			defer l.Close()
			client, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			go readLines(client) // stays
			go readLines(server) // stays
		},
	}
}

// readLines counts lines until the connection ends.
func readLines(c net.Conn) (n int) {
	defer c.Close()
	for in := bufio.NewScanner(c); in.Scan(); {
		n++
	}
	return n
}

func pipeConnection() Shape {
	return Shape{
		Name:    "pipe-connection",
		Doc:     "A test talks over net.Pipe to a server and does not close its end.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			client, server := net.Pipe()
			go readLines(server) // stays
			if _, err := io.WriteString(client, "hello\n"); err != nil {
				t.Error(err)
			}
		},
	}
}

func pipeWriterLeft() Shape {
	return Shape{
		Name:    "pipe-writer-left",
		Doc:     "An export is written into an io.Pipe whose reader takes the head and does not close its end.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			r, w := io.Pipe()
			go func() { // stays
				defer w.Close()
				for range 3 {
					io.WriteString(w, "id,name\n")
				}
			}()
			if _, err := bufio.NewReaderSize(r, 16).ReadString('\n'); err != nil {
				t.Error(err)
			}
		},
	}
}

func outputCapture() Shape {
	return Shape{
		Name:  "output-capture",
		Doc:   "A test catches output in an os.Pipe and does not close the end that is written to.",
		Stays: 1,
		Run: func(t testing.TB) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			c := &capture{r: r, w: w, caught: make(chan string, 1)}
			go c.read() // stays
			io.WriteString(w, "some output\n")
			if got := <-c.caught; got != "some output\n" {
				t.Errorf("caught %q", got)
			}
		},
	}
}

type capture struct {
	r, w   *os.File
	caught chan string
}

func (c *capture) read() {
	defer c.w.Close()
	defer c.r.Close()
	in := bufio.NewReader(c.r)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		c.caught <- line
	}
}

func loggerToFullPipe() Shape {
	return Shape{
		Name:    "logger-to-full-pipe",
		Doc:     "A logger writes into a pipe that nobody reads any more, with its lock held, and the next who logs waits for the lock.",
		Stays:   2,
		Forever: true,
		Run: func(t testing.TB) {
			r, w := io.Pipe()
			logger := log.New(w, "", 0)
			for _, name := range []string{"first", "second", "third"} {
				go func() { logger.Print(name) }() // stays 2
			}
			if _, err := bufio.NewReaderSize(r, 16).ReadString('\n'); err != nil {
				t.Error(err)
			}
		},
	}
}
