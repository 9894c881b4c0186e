// Package engine starts the real servers that adapters are tested against, on loopback and in a
// folder of the test. They run only when scripts/test asks for them; a plain `go test ./...` needs
// nothing and skips them.
package engine
