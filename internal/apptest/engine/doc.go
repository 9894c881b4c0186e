// Package engine starts the real servers that adapters are tested against, on loopback and in a
// folder of the test: mongod (one, three in a replica set), nats-server (three in a cluster, with TLS and
// credentials), MinIO. They can be killed, paused and started again. They run only when scripts/test asks for
// them; a plain `go test ./...` needs nothing and skips them.
package engine
