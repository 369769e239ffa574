package host

import (
	"bytes"
	"syscall"
)

// readFile reads a file into room and returns what there is. Of a longer file it returns the
// whole lines that found room. It returns nothing if the file cannot be read.
func readFile(name string, room []byte) []byte {
	data, whole := readSome(name, room)
	if !whole {
		data = data[:bytes.LastIndexByte(data, '\n')+1]
	}
	return data
}

// readSome reads as much of a file as there is room for, and tells if that is all. The
// os package would ask its network poller about each file; and nothing may wait here, not for
// the writer of a pipe that somebody has put there.
func readSome(name string, room []byte) (data []byte, whole bool) {
	fd, err := open(name)
	if err != nil {
		return nil, true
	}
	defer func() { _ = syscall.Close(fd) }() // it was only read
	for n := 0; n < len(room); {
		m, err := syscall.Read(fd, room[n:])
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return nil, true
		case m <= 0:
			return room[:n], true
		}
		n += m
	}
	return room, false
}

func open(name string) (fd int, err error) {
	for {
		fd, err = syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}
