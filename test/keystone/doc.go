// Package keystone runs Debian's own Keystone on loopback, in a folder of its own, for tests and conformance runs. It is
// real: whoever asks it about a token gets what a cloud's Keystone answers. It ends with the program that started it.
package keystone
