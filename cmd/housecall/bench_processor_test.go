package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"housecall/internal/sim/load"
)

// spent is how much processor time each kind of process that this one has started has used so far; empty where the
// system does not say it as Linux does.
func spent(nodes []*node) map[string]time.Duration {
	all := map[string]time.Duration{}
	folders, _ := os.ReadDir("/proc")
	for _, f := range folders {
		pid, err := strconv.Atoi(f.Name())
		if err != nil {
			continue
		}
		stat, _ := os.ReadFile("/proc/" + f.Name() + "/stat") // "12 (mongod) S 11 ..." with times in hundredths of a second
		name, after, ok := bytes.Cut(stat, []byte(") "))
		fields := bytes.Fields(after)
		if !ok || len(fields) < 13 || string(fields[1]) != strconv.Itoa(os.Getpid()) {
			continue
		}
		_, kind, _ := bytes.Cut(name, []byte("("))
		used := time.Duration(0)
		for _, field := range fields[11:13] {
			ticks, _ := strconv.Atoi(string(field))
			used += time.Duration(ticks) * 10 * time.Millisecond
		}
		all[kindOf(pid, string(kind), nodes)] += used
	}
	return all
}

func kindOf(pid int, kind string, nodes []*node) string {
	for _, n := range nodes {
		if n.cmd.Process.Pid == pid {
			return "housecall"
		}
	}
	return kind
}

// weigh bears a load, and prints what a request of it cost the nodes and each engine.
func weigh(t *testing.T, c *cluster, name string, do func() load.Report) load.Report {
	t.Helper()
	before := spent(c.nodes)
	r := do()
	requests := 0
	for _, e := range r.Endpoints {
		requests += e.Count
	}
	line := fmt.Sprintf("%s: milliseconds of processor for each of %d requests:", name, requests)
	after := spent(c.nodes)
	for _, kind := range []string{"housecall", "mongod", "nats-server", "minio"} {
		line += fmt.Sprintf(" %s %.2f", kind, (after[kind]-before[kind]).Seconds()*1000/float64(max(1, requests)))
	}
	t.Log(line)
	return r
}
