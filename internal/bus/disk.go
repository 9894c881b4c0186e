package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// disk has what the engine in the process has written reach the disk. The engine can do so for each message
// before it acknowledges it, which costs a sync a message and stream; we need it once for a batch, before
// the events leave their documents. Its stores write through to the system before they acknowledge, so a
// killed process loses nothing either way; this is for a loss of power.
type disk struct {
	streams map[string]*streamDisk
}

// newDisk knows the folder that the engine keeps its files in.
func newDisk(dir string) *disk {
	d := &disk{streams: map[string]*streamDisk{}}
	for _, name := range []string{eventsStream, feedStream, timersStream, deadStream} {
		d.streams[name] = &streamDisk{dir: filepath.Join(dir, "jetstream", "$G", "streams", name, "msgs")}
	}
	return d
}

// sync answers when all that was acknowledged for these streams is on the disk. On a cluster, nil, the copies
// on other machines stand in for it.
func (d *disk) sync(streams ...string) error {
	if d == nil {
		return nil
	}
	errs := make([]error, len(streams))
	var all sync.WaitGroup
	for i, name := range streams {
		all.Go(func() {
			if err := d.streams[name].sync(); err != nil {
				errs[i] = fmt.Errorf("sync stream %s: %w", name, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// streamDisk syncs the blocks of one stream. Those who ask while it is at work share the next pass.
type streamDisk struct {
	dir string

	mu   sync.Mutex // guards next
	next *pass

	working sync.Mutex // held by the one who syncs; guards last
	last    int        // number of the newest block that was synced
}

type pass struct {
	done chan struct{}
	err  error
}

func (s *streamDisk) sync() error {
	s.mu.Lock()
	p := s.next
	if p != nil {
		s.mu.Unlock()
		<-p.done
		return p.err
	}
	p = &pass{done: make(chan struct{})}
	s.next = p
	s.mu.Unlock()

	s.working.Lock()
	defer s.working.Unlock()
	s.mu.Lock()
	s.next = nil // who asks from here on may have written after we looked
	s.mu.Unlock()
	p.err = s.blocks()
	close(p.done)
	return p.err
}

// blocks syncs the newest block that was synced before and all after it: messages are only ever added.
func (s *streamDisk) blocks() error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the engine keeps its files elsewhere than is known here")
	}
	if err != nil {
		return err
	}
	newest := s.last
	for _, entry := range entries {
		n, isBlock := blockNumber(entry.Name())
		if !isBlock || n < s.last {
			continue
		}
		if err := syncFile(filepath.Join(s.dir, entry.Name())); err != nil {
			return err
		}
		newest = max(newest, n)
	}
	if newest > s.last {
		if err := syncFile(s.dir); err != nil {
			return err
		}
	}
	s.last = newest
	return nil
}

func blockNumber(name string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSuffix(name, ".blk"))
	return n, err == nil && strings.HasSuffix(name, ".blk")
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // all of the block was deleted meanwhile
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
