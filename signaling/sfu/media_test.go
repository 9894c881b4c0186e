package sfu_test

import (
	"net"
	"testing"
	"time"

	"github.com/pion/rtp"

	"housecall/signaling/sfu"
	"housecall/signaling/signalingtest"
)

// pair brings two people together who send.
func pair(t *testing.T, s *sfu.SFU, o signalingtest.MediaOptions) (ma, mb *signalingtest.Media, pa, pb *sfu.Peer) {
	t.Helper()
	a, b := sfu.NewSeat(), sfu.NewSeat()
	pa, ma = enter(t, s, a, o)
	pb, mb = enter(t, s, b, o)
	pa.Watch(1, b)
	pb.Watch(1, a)
	ma.Send(1)
	mb.Send(2)
	return ma, mb, pa, pb
}

func TestPicturesSurviveABadNetwork(t *testing.T) {
	t.Parallel()
	s := start(t)
	relay, err := signalingtest.NewRelay(s.Addr().Port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Close)
	relay.Delay.Store(int64(40 * time.Millisecond)) // each way
	ma, mb, _, _ := pair(t, s, signalingtest.MediaOptions{Recover: true, Bitrate: 500_000, Via: func(int) int { return relay.Port() }})
	eventually(t, "pictures", func() bool { return ma.Shown[1].Packets.Load() > 20 && mb.Shown[1].Packets.Load() > 20 })

	relay.Loss.Store(200) // 2 % each way
	eventually(t, "some hundred packets", func() bool { return mb.Shown[1].Packets.Load() > 250 })
	relay.Loss.Store(0)

	if relay.Dropped.Load() == 0 {
		t.Fatal("nothing was lost on the way")
	}
	eventually(t, "every packet that was lost", func() bool {
		came, all := mb.Shown[1].Whole()
		return float64(came) >= 0.97*float64(all) && all > 250 || came == all
	})
	came, all := mb.Shown[1].Whole()
	for _, m := range []*signalingtest.Media{ma, mb} {
		m.Paused.Store(true)
	}
	eventually(t, "the last of them", func() bool {
		came, all = mb.Shown[1].Whole()
		return all-came <= all/1000
	})
}

func TestKeyframesAreAskedForAtMostEvery300Milliseconds(t *testing.T) {
	t.Parallel()
	s := start(t)
	ma, mb, _, _ := pair(t, s, signalingtest.MediaOptions{Bitrate: 200_000})
	eventually(t, "a picture", func() bool { return mb.Shown[1].Packets.Load() > 10 })
	before, began := ma.PLIs.Load(), time.Now()

	for time.Since(began) < 700*time.Millisecond {
		if err := mb.PLI(1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}

	eventually(t, "the last request is not forgotten", func() bool { return ma.PLIs.Load()-before >= 3 })
	if asked, most := ma.PLIs.Load()-before, int64(time.Since(began)/(300*time.Millisecond))+1; asked > most {
		t.Errorf("%d keyframes asked for in %s, want at most %d", asked, time.Since(began), most)
	}
}

func TestRejoinIsServedAYoungKeyframeWithoutAskingForAnother(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, b := sfu.NewSeat(), sfu.NewSeat()
	pa, ma := enter(t, s, a, signalingtest.MediaOptions{})
	ma.Send(1)
	eventually(t, "sound", func() bool { return ma.SentSound.Load() > 5 })
	pb, mb := enter(t, s, b, signalingtest.MediaOptions{})
	pb.Watch(1, a)
	pa.Watch(1, b)
	eventually(t, "a keyframe", func() bool { return mb.Shown[1].Keyframes.Load() > 0 })
	if err := mb.PLI(1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a young keyframe", func() bool { return mb.Shown[1].Keyframes.Load() > 1 })
	before, shown := ma.PLIs.Load(), mb.Shown[1].Keyframes.Load()

	pb.Watch(1, nil)
	pb.Watch(1, a)

	eventually(t, "the keyframe again", func() bool { return mb.Shown[1].Keyframes.Load() > shown })
	if asked := ma.PLIs.Load() - before; asked > 0 {
		t.Errorf("%d keyframes were asked for, want none", asked)
	}
}

func TestWhoSendsGarbageOrAFloodSlowsNobody(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, mb, _, _ := pair(t, s, signalingtest.MediaOptions{Bitrate: 300_000})
	seat := sfu.NewSeat()
	_, bad := enter(t, s, seat, signalingtest.MediaOptions{})
	<-bad.Connected
	eventually(t, "a picture", func() bool { return mb.Shown[1].Packets.Load() > 10 })
	mb.Shown[1].Delays()

	stranger, err := net.DialUDP("udp4", nil, s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	noise := make([]byte, 1200)
	track := bad.PC.GetSenders()[1].Track().(interface{ WriteRTP(*rtp.Packet) error })
	for end, n := time.Now().Add(time.Second), uint16(0); time.Now().Before(end); n++ {
		noise[0] = [...]byte{0x80, 0, 22}[n%3] // looks like media, STUN, DTLS
		_, _ = stranger.Write(noise)
		_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n}, Payload: noise[:1100]})
		if n%6 == 0 {
			time.Sleep(time.Millisecond)
		}
	}

	before := mb.Shown[1].Packets.Load()
	eventually(t, "pictures go on", func() bool { return mb.Shown[1].Packets.Load() > before+20 })
	if p50 := signalingtest.Quantile(mb.Shown[1].Delays(), 0.5); p50 > 50*time.Millisecond {
		t.Errorf("the others' packets took %s in the middle, want under 50 ms", p50)
	}
}

func TestReceiverWithLittleNetworkHearsAndTheSenderIsAskedForLess(t *testing.T) {
	t.Parallel()
	s := start(t)
	relay, err := signalingtest.NewRelay(s.Addr().Port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Close)
	a, b := sfu.NewSeat(), sfu.NewSeat()
	_, ma := enter(t, s, a, signalingtest.MediaOptions{Bitrate: 300_000})
	pb, mb := enter(t, s, b, signalingtest.MediaOptions{Reports: true, Muted: true, Via: func(int) int { return relay.Port() }})
	pb.Watch(1, a)
	ma.Send(1)
	h := pb.Handler().(*told)
	eventually(t, "the length of the way", func() bool { return len(pb.Stats()) > 1 && pb.Stats()[1].RTT > 0 })
	says := func(bits int, what string, is func() bool) { // as a browser does, again and again
		eventually(t, what, func() bool { estimate(t, mb, bits); return is() })
	}

	relay.Rate.Store(290_000)
	says(200_000, "the low picture", func() bool { return h.level() == sfu.LevelLow })
	eventually(t, "the sender is asked for less", func() bool { r := ma.REMB.Load(); return r > 0 && r < 400_000 })

	relay.Rate.Store(90_000)
	says(50_000, "sound alone", func() bool { return h.level() == sfu.LevelAudio })
	eventually(t, "the rest of the pictures", func() bool {
		before := mb.Shown[1].Packets.Load()
		time.Sleep(100 * time.Millisecond)
		return mb.Shown[1].Packets.Load() == before
	})
	sound := mb.Shown[0].Packets.Load()
	eventually(t, "sound goes on", func() bool { return mb.Shown[0].Packets.Load() > sound+20 })
	if r := ma.REMB.Load(); r < 150_000 {
		t.Errorf("the sender was asked for %d bit/s, want never less than 150,000", r)
	}
}

// A browser that has had little says that it can take little, whatever its network is.
func TestSmallEstimateOnGoodNetworkTakesNobodysPicture(t *testing.T) {
	t.Parallel()
	s := start(t)
	ma, mb, _, pb := pair(t, s, signalingtest.MediaOptions{Bitrate: 300_000, Reports: true})
	h := pb.Handler().(*told)
	eventually(t, "a picture", func() bool { return mb.Shown[1].Packets.Load() > 10 })

	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		estimate(t, mb, 80_000)
	}

	if len(h.levels) > 0 {
		t.Errorf("the receiver was moved to %v on a network that loses and delays nothing", h.levels)
	}
	if r := ma.REMB.Load(); r < 400_000 {
		t.Errorf("the sender was asked for %d bit/s, want to be left alone", r)
	}
}

func estimate(t *testing.T, m *signalingtest.Media, bits int) {
	t.Helper()
	if err := m.Estimate(bits); err != nil {
		t.Fatal(err)
	}
}
