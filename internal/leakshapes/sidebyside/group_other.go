//go:build !unix

package main

import "os/exec"

// ownGroup does nothing here: a child is killed alone.
func ownGroup(*exec.Cmd) {}

// killGroup does nothing here.
func killGroup(*exec.Cmd) {}
