package tracewatch

import "io"

// A ProfileKind names a profile that is made of a trace, for go tool pprof.
type ProfileKind string

// ProfileKinds returns all there are.
func ProfileKinds() []ProfileKind { return nil }

// Doc says in a line what a sample of the profile is, and what its stack.
func (k ProfileKind) Doc() string { return "" }

// WriteProfile writes a profile that [WithProfiles] asked for, as go tool pprof reads it. The error is
// [ErrOption] if it did not.
func (r *Report) WriteProfile(w io.Writer, kind ProfileKind) error { return ErrOption }
