package sfu

import "time"

// Every calls f each time d has passed, from one goroutine, until the function it answers is called,
// which waits for that goroutine.
func Every(d time.Duration, f func()) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select {
			case <-quit:
				return
			case <-t.C:
				f()
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}
