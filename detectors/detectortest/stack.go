package detectortest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A frame is one of a stack.
type frame struct {
	fn, file string
	line     uint64
}

// frames reads a stack: names of stacks and functions, innermost first, with < between
// them, each function with its file:line or without. The same stack is the same slice.
func (sc *scene) frames(s *scanner) []frame {
	all := s.frames(sc.stacks)
	if len(all) == 0 {
		return nil
	}
	sc.key = sc.key[:0]
	for _, f := range all {
		sc.key = append(append(append(sc.key, f.fn...), '\n'), f.file...)
		sc.key = append(strconv.AppendUint(append(sc.key, ':'), f.line, 10), '\n')
	}
	if known, ok := sc.interned[string(sc.key)]; ok {
		return known
	}
	if len(sc.interned) == maxStacks {
		s.fail("there are more than %d different stacks", maxStacks)
	}
	sc.interned[string(sc.key)] = all
	return all
}

func (s *scanner) frames(stacks map[string][]frame) (all []frame) {
	if s.word("nowhere") != "" {
		return nil
	}
	for {
		name := s.piece()
		if name == "" || name == "<" {
			s.unexpected("a stack or a function")
		}
		if known, ok := stacks[name]; ok {
			all = append(all, known...)
		} else {
			if !strings.Contains(name, ".") || strings.ContainsAny(name[:1], `"/.`+"`") {
				names := slices.Sorted(maps.Keys(stacks))
				s.fail("%q is neither a stack (there are %s) nor a function, which has its package before a dot: main.work", cut(name), strings.Join(names, ", "))
			}
			if len(name) > maxString {
				s.fail("a name has at most %d bytes", maxString)
			}
			all = append(all, frame{fn: name})
		}
		s.pos += len(name)
		if file, line, ok := s.location(); ok {
			all[len(all)-1].file, all[len(all)-1].line = file, line
		}
		if len(all) > maxFrames {
			s.fail("a stack has at most %d frames", maxFrames)
		}
		if s.sign("<") == "" {
			return all
		}
	}
}

// location reads a file:line, if one stands here.
func (s *scanner) location() (file string, line uint64, ok bool) {
	text := s.piece()
	i := strings.LastIndexByte(text, ':')
	if i <= 0 || len(text) > maxString {
		return "", 0, false
	}
	line, err := strconv.ParseUint(text[i+1:], 10, 31)
	if err != nil {
		return "", 0, false
	}
	s.pos += len(text)
	return text[:i], line, true
}

// declareStack reads stack NAME = FRAMES. The lines of its block are further frames.
func (sc *scene) declareStack(s *scanner) {
	name := s.name("the stack's name")
	if name == "nowhere" {
		s.fail("nowhere is the stack without frames")
	}
	if _, ok := sc.stacks[name]; ok {
		s.fail("there is a stack %s already", name)
	}
	if s.sign("=") == "" {
		s.unexpected("=")
	}
	all := s.frames(sc.stacks)
	for s.sign("\n") != "" && !s.end() {
		s.sign("<")
		all = append(all, s.frames(sc.stacks)...)
	}
	s.mustEnd()
	if len(all) > maxFrames {
		s.fail("a stack has at most %d frames", maxFrames)
	}
	sc.stacks[name] = all
}

// knownStacks are those that every text has: where goroutines wait, as far as the
// frames are Go's own. Detectors know waits by them.
func knownStacks() map[string][]frame {
	all := make(map[string][]frame)
	for name, funcs := range map[string]string{
		"tcpread":     "internal/poll.runtime_pollWait internal/poll.(*pollDesc).wait internal/poll.(*pollDesc).waitRead internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read",
		"tcpwrite":    "internal/poll.runtime_pollWait internal/poll.(*pollDesc).wait internal/poll.(*pollDesc).waitWrite internal/poll.(*FD).Write net.(*netFD).Write net.(*conn).Write",
		"tcpaccept":   "internal/poll.runtime_pollWait internal/poll.(*pollDesc).wait internal/poll.(*pollDesc).waitRead internal/poll.(*FD).Accept net.(*netFD).accept net.(*TCPListener).accept net.(*TCPListener).Accept",
		"httphandler": "net/http.HandlerFunc.ServeHTTP net/http.(*ServeMux).ServeHTTP net/http.serverHandler.ServeHTTP net/http.(*conn).serve",
		"httpclient":  "runtime.selectgo net/http.(*persistConn).roundTrip net/http.(*Transport).roundTrip net/http.(*Transport).RoundTrip net/http.send net/http.(*Client).send net/http.(*Client).do net/http.(*Client).Do",
		"mutexlock":   "internal/sync.(*Mutex).lockSlow internal/sync.(*Mutex).Lock sync.(*Mutex).Lock",
		"mutexunlock": "internal/sync.(*Mutex).unlockSlow internal/sync.(*Mutex).Unlock sync.(*Mutex).Unlock",
		"chansend":    "runtime.chansend1",
		"chanrecv":    "runtime.chanrecv1",
		"sleep":       "time.Sleep",
		"assist":      "runtime.gcAssistAlloc runtime.mallocgc",
	} {
		for fn := range strings.FieldsSeq(funcs) {
			all[name] = append(all[name], frame{fn: fn})
		}
	}
	return all
}
