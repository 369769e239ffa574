package leakshapes

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"log"
	"os"
	"strings"
	"testing"
)

func ioPipeClosedWithError() Shape {
	return Shape{
		Name: "io-pipe-closed-with-error",
		Doc:  "A goroutine writes into a pipe for ever, until its reader closes it with an error.",
		Run: func(t testing.TB) {
			r, w := io.Pipe()
			go func() {
				for {
					if _, err := io.WriteString(w, "more\n"); err != nil {
						return
					}
				}
			}()
			_, err := bufio.NewReader(r).ReadString('\n')
			noError(t, err)
			noError(t, r.CloseWithError(errors.New("enough")))
		},
	}
}

func gzipThroughPipe() Shape {
	return Shape{
		Name: "gzip-through-pipe",
		Doc:  "A goroutine packs what the test unpacks, and ends when the pipe has been read.",
		Run: func(t testing.TB) {
			r, w := io.Pipe()
			go func() {
				z := gzip.NewWriter(w)
				_, err := io.WriteString(z, strings.Repeat("hello ", 1e4))
				w.CloseWithError(errors.Join(err, z.Close()))
			}()
			z, err := gzip.NewReader(r)
			noError(t, err)
			text, err := io.ReadAll(z)
			noError(t, err)
			if len(text) != 6e4 {
				t.Fatal(len(text))
			}
			r.Close() // gzip need not read up to the pipe's end
		},
	}
}

func osPipe() Shape {
	return Shape{
		Name: "os-pipe",
		Doc:  "A goroutine captures what is written to a file, and reads until a cleanup has closed the pipe.",
		Run: func(t testing.TB) {
			r, w, err := os.Pipe()
			noError(t, err)
			got := make(chan string, 1)
			go func() {
				defer r.Close()
				text, _ := io.ReadAll(r)
				got <- string(text)
			}()
			_, err = io.WriteString(w, "captured")
			noError(t, err)
			t.Cleanup(func() {
				w.Close()
				if text := <-got; text != "captured" {
					t.Error(text)
				}
			})
		},
	}
}

func logToPipe() Shape {
	return Shape{
		Name: "log-to-pipe",
		Doc:  "Lines of a logger go through a pipe to the test's log, by a goroutine that ends with the pipe.",
		Run: func(t testing.TB) {
			r, w := io.Pipe()
			done := make(chan bool)
			go func() {
				defer close(done)
				for lines := bufio.NewScanner(r); lines.Scan(); {
					t.Log(lines.Text())
				}
			}()
			l := log.New(w, "", 0)
			l.Print("one")
			l.Print("two")
			w.Close()
			<-done // the test's log may not be used after its end
		},
	}
}

func scannerGoroutine() Shape {
	return Shape{
		Name: "scanner-goroutine",
		Doc:  "A goroutine turns lines into a channel, and ends at the text's end, when the test has all lines.",
		Run: func(t testing.TB) {
			lines := make(chan string)
			go func() {
				defer close(lines)
				for s := bufio.NewScanner(strings.NewReader("a\nb\nc\n")); s.Scan(); {
					lines <- s.Text()
				}
			}()
			for range 3 {
				<-lines
			}
			if l, open := <-lines; open {
				t.Fatal(l)
			}
		},
	}
}
