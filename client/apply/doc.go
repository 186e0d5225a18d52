// Package apply makes a cloud what files say, and writes such files of a cloud.
//
//	files ─► Read ─► Document ─► Compare with what is there ─► Plan ─► Run          Export ─► file
//
// It knows no resource by itself: what there is, what refers to what, and what may change all come from the API's
// declarations (client.Kind), so a new resource needs nothing here.
//
// A file names objects, and objects name each other, by names; ids need not be known. An object of a file is the one in
// the cloud that has its name, or, without a name, the one that has what its declaration says tells objects apart. What
// a file does not say of an object is the declaration's default; what has no default, or is written by others (such as
// the device that uses a port), is left alone.
//
// Apply deletes only with Options.Prune, and then only what it has made itself under the same scope, which it knows by a
// tag on the object.
package apply
