package sfu

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// Header extensions that are spoken here.
const (
	extSendTime  = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	extTransport = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	extMid       = "urn:ietf:params:rtp-hdrext:sdes:mid"
	extRid       = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
)

var spoken = []string{extSendTime, extTransport, extMid, extRid}

// ErrOffer is an offer that protocol.md does not allow.
var ErrOffer = errors.New("the offer is not one of this protocol")

const maxLines = 7 // own media, the screen, two more seats

// offered is what an offer says, as far as it matters here.
type offered struct {
	login       login
	fingerprint string
	lines       []*line
	bundle      string
}

// line is one m-line of a connection: what it carries up, and the slot it carries down.
type line struct {
	mid      string
	kind     Kind
	slot     int // 1 to 3; 0 for the screen
	up, down bool
	rids     []string
	ssrcs    []uint32
	main     uint8 // payload type of Opus or VP8
	red      uint8 // payload type of RED, 0 without
	redFirst bool
	opusFmtp string
	audioNak bool
	exts     map[string]uint8
	sendTime uint8 // of exts, what every packet needs
	counter  uint8
}

// readOffer understands an offer, and refuses what the protocol does not allow.
func readOffer(text string) (*offered, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOffer, err)
	}
	o := &offered{}
	if len(d.MediaDescriptions) == 0 || len(d.MediaDescriptions) > maxLines {
		return nil, fmt.Errorf("%w: %d lines", ErrOffer, len(d.MediaDescriptions))
	}
	o.bundle, _ = d.Attribute("group")
	sounds, pictures := 0, 0
	for i, m := range d.MediaDescriptions {
		get := func(key string) string {
			if v, ok := m.Attribute(key); ok {
				return v
			}
			v, _ := d.Attribute(key)
			return v
		}
		if i == 0 {
			o.login = login{get("ice-ufrag"), get("ice-pwd")}
			_, o.fingerprint, _ = strings.Cut(get("fingerprint"), " ")
			if setup := get("setup"); setup == "passive" || o.login.name == "" || o.login.password == "" || !strings.HasPrefix(strings.ToLower(get("fingerprint")), "sha-256 ") {
				return nil, fmt.Errorf("%w: ICE or DTLS is not as it should be", ErrOffer)
			}
		}
		l, err := readLine(m, i)
		if err != nil {
			return nil, err
		}
		switch {
		case l.kind == Sound:
			sounds++
			l.slot = sounds
		case i == 2:
			l.kind = Screen
		default:
			pictures++
			l.slot = pictures
		}
		o.lines = append(o.lines, l)
	}
	return o, nil
}

func readLine(m *sdp.MediaDescription, i int) (*line, error) {
	l := &line{exts: map[string]uint8{}, kind: Sound, mid: strconv.Itoa(i)}
	switch m.MediaName.Media {
	case "audio":
	case "video":
		l.kind = Picture
	default:
		return nil, fmt.Errorf("%w: a line of %q", ErrOffer, m.MediaName.Media)
	}
	l.up, l.down = true, true
	names := map[string]string{}
	for _, a := range m.Attributes {
		switch a.Key {
		case "mid":
			l.mid = a.Value
		case "sendonly":
			l.down = false
		case "recvonly":
			l.up = false
		case "inactive":
			l.up, l.down = false, false
		case "rtpmap":
			pt, name, _ := strings.Cut(a.Value, " ")
			names[pt] = strings.ToLower(name)
		case "fmtp":
			pt, value, _ := strings.Cut(a.Value, " ")
			if names[pt] == "opus/48000/2" {
				l.opusFmtp = value
			}
		case "rid":
			if rid, _, _ := strings.Cut(a.Value, " "); strings.HasSuffix(a.Value, " send") || strings.Contains(a.Value, " send ") {
				l.rids = append(l.rids, rid)
			}
		case "ssrc":
			number, _, _ := strings.Cut(a.Value, " ")
			if n, err := strconv.ParseUint(number, 10, 32); err == nil && !slices.Contains(l.ssrcs, uint32(n)) && len(l.ssrcs) < 4 {
				l.ssrcs = append(l.ssrcs, uint32(n))
			}
		case "extmap":
			l.extension(a.Value)
		}
	}
	if len(l.mid) > 16 || len(l.rids) > 2 {
		return nil, fmt.Errorf("%w: line %d", ErrOffer, i)
	}
	l.sendTime, l.counter = l.exts[extSendTime], l.exts[extTransport]
	l.codecs(m, names)
	if l.main == 0 {
		return nil, fmt.Errorf("%w: neither Opus nor VP8 in line %d", ErrOffer, i)
	}
	return l, nil
}

// extension keeps the number of a header extension; those above 14 would need another header form.
func (l *line) extension(value string) {
	number, uri, _ := strings.Cut(value, " ")
	number, _, _ = strings.Cut(number, "/")
	uri, _, _ = strings.Cut(uri, " ")
	if n, err := strconv.Atoi(number); err == nil && n > 0 && n < 15 && slices.Contains(spoken, uri) {
		l.exts[uri] = uint8(n)
	}
}

func (l *line) codecs(m *sdp.MediaDescription, names map[string]string) {
	for _, format := range m.MediaName.Formats {
		n, err := strconv.ParseUint(format, 10, 7)
		if err != nil || n < 1 {
			continue
		}
		switch names[format] {
		case "opus/48000/2", "vp8/90000":
			if l.main == 0 {
				l.main = uint8(n)
			}
		case "red/48000/2":
			l.red, l.redFirst = uint8(n), l.main == 0
		}
	}
	for _, a := range m.Attributes {
		if a.Key == "rtcp-fb" && l.kind == Sound && a.Value == fmt.Sprintf("%d nack", l.main) {
			l.audioNak = true
		}
	}
}

// answerTo writes the answer: the same lines, turned round.
func (p *Peer) answerTo(o *offered, mine login) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	say("v=0")
	say("o=- %d %d IN IP4 127.0.0.1", p.sdpID, p.sdpVersion)
	say("s=-")
	say("t=0 0")
	mids := make([]string, len(o.lines))
	for i, l := range o.lines {
		mids[i] = l.mid
	}
	say("a=group:BUNDLE %s", strings.Join(mids, " "))
	say("a=extmap-allow-mixed")
	say("a=msid-semantic: WMS *")
	for i, l := range o.lines {
		p.answerLine(say, i, l, mine)
	}
	return b.String()
}

func (p *Peer) answerLine(say func(string, ...any), i int, l *line, mine login) {
	media, formats := "video", strconv.Itoa(int(l.main))
	if l.kind == Sound {
		media = "audio"
		if l.red != 0 && l.redFirst {
			formats = fmt.Sprintf("%d %d", l.red, l.main)
		} else if l.red != 0 {
			formats = fmt.Sprintf("%d %d", l.main, l.red)
		}
	}
	say("m=%s 9 UDP/TLS/RTP/SAVPF %s", media, formats)
	say("c=IN IP4 0.0.0.0")
	say("a=rtcp:9 IN IP4 0.0.0.0")
	say("a=ice-ufrag:%s", mine.name)
	say("a=ice-pwd:%s", mine.password)
	say("a=fingerprint:sha-256 %s", p.sfu.identity.fingerprint)
	say("a=setup:passive")
	say("a=mid:%s", l.mid)
	for _, uri := range spoken {
		if n := l.exts[uri]; n != 0 {
			say("a=extmap:%d %s", n, uri)
		}
	}
	say("a=%s", map[[2]bool]string{{true, true}: "sendrecv", {true, false}: "recvonly", {false, true}: "sendonly", {false, false}: "inactive"}[[2]bool{l.up, l.down}])
	say("a=rtcp-mux")
	say("a=rtcp-rsize")
	p.answerCodecs(say, l)
	if len(l.rids) > 0 {
		for _, rid := range l.rids {
			say("a=rid:%s recv", rid)
		}
		say("a=simulcast:recv %s", strings.Join(l.rids, ";"))
	}
	if s := p.slotOf(i); s != nil && l.down {
		name := [...]string{"screen", "seat1", "seat2", "seat3"}[l.slot]
		say("a=msid:%s %s-%s", name, name, l.kind)
		say("a=ssrc:%d cname:%s", s.ssrc, name)
		say("a=ssrc:%d msid:%s %s-%s", s.ssrc, name, name, l.kind)
	}
	if i == 0 {
		for _, c := range p.sfu.candidates {
			say("a=candidate:%s", c)
		}
		say("a=end-of-candidates")
	}
}

func (p *Peer) answerCodecs(say func(string, ...any), l *line) {
	if l.kind != Sound {
		say("a=rtpmap:%d VP8/90000", l.main)
		for _, fb := range []string{"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"} {
			say("a=rtcp-fb:%d %s", l.main, fb)
		}
		return
	}
	say("a=rtpmap:%d opus/48000/2", l.main)
	say("a=fmtp:%d minptime=10;useinbandfec=1", l.main)
	if l.red != 0 {
		say("a=rtpmap:%d red/48000/2", l.red)
		say("a=fmtp:%d %d/%d", l.red, l.main, l.main)
	}
	say("a=rtcp-fb:%d transport-cc", l.main)
	if l.audioNak {
		say("a=rtcp-fb:%d nack", l.main)
	}
}
