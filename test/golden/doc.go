// Package golden keeps the whole plans of a few small clouds as text, so that a change of the compiler shows in review as
// what it does to hosts: flows as ovs-ofctl prints them with table names, and host items by kind. "go test ./test/golden
// -update" writes them anew; read the difference before you commit it.
package golden
