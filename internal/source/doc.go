// Package source explains a stack's frame to a person in the words of the program's source: what the
// statement at a line waits for, which go statement is there. Tests run where their source is;
// elsewhere, or built with -trimpath, nothing is known, and nothing is said.
//
// It goes by the form of what is written and has no types: nothing is said where a line may mean two
// things. Source that was changed after the program was built is explained wrongly.
package source
