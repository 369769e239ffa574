//go:build unix

package main

import "golang.org/x/sys/unix"

func consoleAt(fd uintptr) (console, bool) {
	size, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ) // which only terminals have
	if err != nil {
		return console{}, false
	}
	return console{columns: int(size.Col), colors: true}, true
}
