package signalingtest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// MediaOptions say what a client's PeerConnection is like.
type MediaOptions struct {
	Slots   int                // seats it can show, 1 to 3; 0 is 1
	Sound   bool               // sound alone
	Recover bool               // answers and sends NACKs, as a browser does
	Bitrate int                // bit/s of the picture; 0 is 1 Mbit/s
	TCP     bool               // no UDP
	Reports bool               // tells what was lost and how long the way is, each second
	Via     func(port int) int // sends UDP to another port: an impairing relay's
	Muted   bool               // sends nothing
}

// Media is a Pion PeerConnection with the lines of protocol.md, that sends a synthetic picture and sound
// and counts what it is shown.
type Media struct {
	PC     *webrtc.PeerConnection
	opts   MediaOptions
	sound  *uplink
	camera *uplink
	screen *uplink

	Shown                  [8]Shown // by line
	Connected              chan struct{}
	keyframe               atomic.Bool
	connected              sync.Once
	cancel                 context.CancelFunc
	running                sync.WaitGroup
	SentSound, SentPicture atomic.Int64
	Sharing                atomic.Bool
	Paused                 atomic.Bool
	PLIs                   atomic.Int64
	REMB                   atomic.Int64 // what the server asks to stay under

	mu    sync.Mutex // guards onKey
	onKey map[int]func(Frame)
}

// Shown counts what came on one line.
type Shown struct {
	Packets, Bytes, Keyframes, Gaps atomic.Int64
	LastID                          atomic.Int64
	lastSeq                         uint16
	any                             bool
	ssrc                            atomic.Uint32

	mu     sync.Mutex // guards what follows
	delays []time.Duration
	seen   map[uint16]struct{}
	at     []time.Time
	From   map[uint32]int64 // packets by the mark of who sent them
}

// Frame is a keyframe that was shown.
type Frame struct {
	At   time.Time
	Mark uint32
}

func api(o MediaOptions) (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	fb := []webrtc.RTCPFeedback{{Type: "goog-remb"}, {Type: "transport-cc"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1", RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "transport-cc"}}}, PayloadType: 111}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: fb}, PayloadType: 96}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		for _, uri := range []string{"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", "urn:ietf:params:rtp-hdrext:sdes:mid", "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"} {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return nil, err
			}
		}
	}
	i := &interceptor.Registry{}
	header, err := twcc.NewHeaderExtensionInterceptor()
	if err != nil {
		return nil, err
	}
	i.Add(header)
	if o.Recover {
		responder, err := nack.NewResponderInterceptor()
		if err != nil {
			return nil, err
		}
		generator, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(20 * time.Millisecond))
		if err != nil {
			return nil, err
		}
		i.Add(responder)
		i.Add(generator)
	}
	if o.Reports {
		reports, err := report.NewReceiverInterceptor()
		if err != nil {
			return nil, err
		}
		i.Add(reports)
	}
	e := webrtc.SettingEngine{}
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetIncludeLoopbackCandidate(true)
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if o.TCP {
		e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(i), webrtc.WithSettingEngine(e)), nil
}

// NewMedia makes the PeerConnection with its lines.
func NewMedia(o MediaOptions) (*Media, error) {
	if o.Slots == 0 {
		o.Slots = 1
	}
	if o.Bitrate == 0 {
		o.Bitrate = 1_000_000
	}
	a, err := api(o)
	if err != nil {
		return nil, err
	}
	pc, err := a.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, err
	}
	m := &Media{PC: pc, opts: o, Connected: make(chan struct{}), onKey: map[int]func(Frame){}}
	m.Paused.Store(o.Muted)
	if err := m.lines(); err != nil {
		_ = pc.Close()
		return nil, err
	}
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			m.keyframe.Store(true)
			m.connected.Do(func() { close(m.Connected) })
		}
	})
	pc.OnTrack(m.show)
	return m, nil
}

func (m *Media) lines() (err error) {
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	vp8 := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	if m.sound, err = newUplink(opus, "sound", "own"); err != nil {
		return err
	}
	if err = m.up(m.sound); err != nil {
		return err
	}
	if m.opts.Sound {
		return nil
	}
	if m.camera, err = newUplink(vp8, "camera", "own"); err != nil {
		return err
	}
	if err = m.up(m.camera); err != nil {
		return err
	}
	if m.screen, err = newUplink(vp8, "screen", "screen"); err != nil {
		return err
	}
	if err = m.up(m.screen); err != nil {
		return err
	}
	for range m.opts.Slots - 1 {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err = m.PC.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				return err
			}
		}
	}
	return nil
}

// uplink is a track that says when what is written to it is sent: Pion drops it before.
type uplink struct {
	*webrtc.TrackLocalStaticRTP
	bound chan struct{}
	once  sync.Once
}

func newUplink(c webrtc.RTPCodecCapability, id, stream string) (*uplink, error) {
	t, err := webrtc.NewTrackLocalStaticRTP(c, id, stream)
	return &uplink{TrackLocalStaticRTP: t, bound: make(chan struct{})}, err
}

// Bind implements webrtc.TrackLocal.
func (u *uplink) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	p, err := u.TrackLocalStaticRTP.Bind(c)
	u.once.Do(func() { close(u.bound) })
	return p, err
}

func (m *Media) up(t *uplink) error {
	tr, err := m.PC.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv})
	if err != nil {
		return err
	}
	m.running.Add(1)
	go func() { // the server's feedback
		defer m.running.Done()
		for {
			packets, _, err := tr.Sender().ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				switch p := p.(type) {
				case *rtcp.PictureLossIndication:
					m.PLIs.Add(1)
					m.keyframe.Store(true)
				case *rtcp.ReceiverEstimatedMaximumBitrate:
					m.REMB.Store(int64(p.Bitrate))
				}
			}
		}
	}()
	return nil
}

// Offer is the SDP of the first message, or of an ICE restart.
func (m *Media) Offer(restart bool) (string, error) {
	o, err := m.PC.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return "", err
	}
	if err := m.PC.SetLocalDescription(o); err != nil {
		return "", err
	}
	return o.SDP, nil
}

// Answer takes the server's.
func (m *Media) Answer(sdp string) error {
	if m.opts.Via != nil {
		sdp = through(sdp, m.opts.Via)
	}
	return m.PC.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp})
}

// Close ends the PeerConnection and everything of it.
func (m *Media) Close() error {
	if m.cancel != nil {
		m.cancel()
	}
	err := m.PC.Close()
	m.running.Wait()
	return err
}

// OnKeyframe calls f for each keyframe shown on a line.
func (m *Media) OnKeyframe(line int, f func(Frame)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onKey[line] = f
}

// heed reads the server's reports: Pion answers to those that were read.
func (m *Media) heed(r *webrtc.RTPReceiver) {
	defer m.running.Done()
	for {
		if _, _, err := r.ReadRTCP(); err != nil {
			return
		}
	}
}

// show reads one line.
func (m *Media) show(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	line := -1
	for i, tr := range m.PC.GetTransceivers() {
		if tr.Receiver() == r {
			line = i
		}
	}
	if line < 0 {
		return
	}
	s := &m.Shown[line]
	s.ssrc.Store(uint32(t.SSRC()))
	m.running.Add(1)
	defer m.running.Done()
	if m.opts.Reports {
		m.running.Add(1)
		go m.heed(r)
	}
	buf := make([]byte, 1500)
	var h rtp.Header
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		size, err := h.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		m.count(s, line, &h, buf[size:n])
	}
}

func (m *Media) count(s *Shown, line int, h *rtp.Header, payload []byte) {
	now := time.Now()
	s.Packets.Add(1)
	s.Bytes.Add(int64(len(payload)))
	f, ok := readStamp(payload, line == 0 || line > 2 && line%2 == 1)
	s.mu.Lock()
	if s.any && h.SequenceNumber != s.lastSeq+1 {
		s.Gaps.Add(1)
	}
	if s.seen == nil {
		s.seen, s.From = map[uint16]struct{}{}, map[uint32]int64{}
	}
	s.seen[h.SequenceNumber] = struct{}{}
	s.lastSeq, s.any = h.SequenceNumber, true
	if ok {
		s.From[f.mark]++
		if len(s.delays) < 1<<20 {
			s.delays = append(s.delays, now.Sub(f.sent))
			s.at = append(s.at, now)
		}
	}
	s.mu.Unlock()
	if ok && f.id >= 0 {
		s.LastID.Store(int64(f.id))
	}
	if ok && f.keyframe {
		s.Keyframes.Add(1)
		m.mu.Lock()
		told := m.onKey[line]
		m.mu.Unlock()
		if told != nil {
			told(Frame{At: now, Mark: f.mark})
		}
	}
}

// Delays answers how long packets of a line took, and forgets them.
func (s *Shown) Delays() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.delays
	s.delays, s.at = nil, nil
	return d
}

// Arrivals answers when packets of a line came, and forgets them.
func (s *Shown) Arrivals() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.at
	s.delays, s.at = nil, nil
	return at
}

// By counts the packets of one sender.
func (s *Shown) By(mark uint32) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.From[mark]
}

// Whole answers how many packets came, each counted once, and how many there are from the first to the last.
func (s *Shown) Whole() (came, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	low, high := uint16(0), uint16(0)
	for seq := range s.seen {
		if came == 0 {
			low, high = seq, seq
		}
		came++
		if int16(seq-low) < 0 {
			low = seq
		}
		if int16(seq-high) > 0 {
			high = seq
		}
	}
	return came, int(high-low) + 1
}

// PLI asks for a keyframe of what a line shows.
func (m *Media) PLI(line int) error {
	return m.PC.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: m.Shown[line].ssrc.Load()}})
}

// Estimate tells the server how much this client can take.
func (m *Media) Estimate(bits int) error {
	return m.PC.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(bits), SSRCs: []uint32{m.Shown[1].ssrc.Load()}}})
}

// Send sends picture and sound, marked as mark, until the client is closed.
func (m *Media) Send(mark uint32) {
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	m.running.Add(1)
	go func() {
		defer m.running.Done()
		select {
		case <-ctx.Done():
			return
		case <-m.Connected:
		}
		last := m.sound
		if m.camera != nil {
			last = m.camera
		}
		select {
		case <-ctx.Done():
			return
		case <-last.bound:
		}
		m.send(ctx, mark)
	}()
}

// send is one loop for picture and sound: 30 frames and 50 packets of sound a second.
func (m *Media) send(ctx context.Context, mark uint32) {
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	g := generator{mark: mark, frame: m.opts.Bitrate / 8 / 30}
	for n := 0; ; n++ {
		due := m.keyframe.Load() // what is asked for is not kept waiting for the next frame
		if n%2 == 0 && !m.Paused.Load() {
			if m.sound.WriteRTP(g.sound()) == nil {
				m.SentSound.Add(1)
			}
		}
		if m.camera != nil && !m.Paused.Load() && (n*30/100 != (n-1)*30/100 || due) {
			m.SentPicture.Add(int64(g.picture(m.camera, m.keyframe.Swap(false))))
			if m.Sharing.Load() {
				g.screenFrame(m.screen)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
