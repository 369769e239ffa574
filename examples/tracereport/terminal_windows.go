package main

import "golang.org/x/sys/windows"

func consoleAt(fd uintptr) (console, bool) {
	h := windows.Handle(fd)
	var mode uint32
	if err := windows.GetConsoleMode(h, &mode); err != nil {
		return console{}, false
	}
	c := console{colors: windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil}
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(h, &info); err == nil {
		c.columns = int(info.Window.Right-info.Window.Left) + 1
	}
	return c, true
}
