// Package bench_test measures weft against what operators would use without it. Nothing here is a test: run it with
// "make bench", and read docs/benchmarks.md for results.
package bench_test
