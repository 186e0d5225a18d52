// Package page reads the commands out of the project's documents, so that tests can type them.
//
// What is in a block of code, indented by four spaces or between fences, and begins with a program that a reader types, is a
// command; with "$ " in front of it, what follows up to the next one is its output. Words behind " # " are about it, and some
// of them mean something: what is "in quotes" has to be in what the command says, and a command that "fails" has to. A block
// behind <!-- not typed: why --> is for another machine, or has placeholders: it is read, and not typed.
package page
