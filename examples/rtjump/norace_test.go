//go:build !race

package main

// least is what share of the jump the right dimension has to have.
const least = 0.8
