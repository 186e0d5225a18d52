// Package scratch gives tests folders with short names, and removes those of runs that were killed: a folder belongs to its
// process as long as that holds the folder's lock, which no death forgets to give back.
package scratch
