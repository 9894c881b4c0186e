package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Deps is all that notify needs.
type Deps struct {
	Store     docstore.Store
	Clock     clock.Clock
	Guard     *access.Guard
	Mailer    Mailer
	Texter    Texter
	Directory Directory
	Website   string // where links lead, without a slash at the end
}

// Service sends messages. Stop it.
type Service struct {
	Deps
	messages *docstore.Collection[Message, *Message]
	words    words

	sending sync.WaitGroup
	room    chan struct{} // one for each that is being sent at once
}

const (
	atOnce     = 32
	sendTime   = 20 * time.Second
	tooOld     = 2 * time.Hour
	codeTries  = 3
	codePause  = 300 * time.Millisecond
	busyAnswer = "Too many codes are being sent just now. Ask again in a minute."
)

// New opens the messages and reads the words.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil || d.Mailer == nil || d.Texter == nil || d.Directory == nil {
		return nil, errors.New("notify needs a store, a clock, a guard, a mailer, a texter and a directory")
	}
	messages, err := docstore.Open[Message](ctx, d.Store, d.Clock, spec)
	if err != nil {
		return nil, fmt.Errorf("open notify: %w", err)
	}
	words, err := readWords()
	if err != nil {
		return nil, fmt.Errorf("open notify: %w", err)
	}
	return &Service{Deps: d, messages: messages, words: words, room: make(chan struct{}, atOnce)}, nil
}

// Stop waits for what is being sent at once, which takes some 20 s at the most.
func (s *Service) Stop(ctx context.Context) error {
	done := make(chan struct{})
	go func() { s.sending.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Letter is what a capability asks to be sent.
type Letter struct {
	Key      string // the same letter has the same key
	To       phi.Text
	Channel  Channel
	Template string
	Language string
	Data     map[string]phi.Text
	About    string // id of the document it tells of
}

// Send sends a letter. One with a code or a link that signs in goes at once and is not kept; it answers
// before the gateway does, so that nobody can tell from the time whether there was somebody to write to.
// Any other is queued with its own tries. A template that nobody knows is an error.
func (s *Service) Send(ctx context.Context, l Letter) error {
	t, found := s.words.find(l.Language, l.Template)
	if !found {
		return fmt.Errorf("send message: there is no template %q", l.Template)
	}
	if l.Channel != ByMail && l.Channel != ByText {
		return fmt.Errorf("send message: there is no channel %q", l.Channel)
	}
	m := &Message{ID: id.Derive[id.Message](l.Key), State: Queued, About: l.About, Channel: l.Channel, To: l.To, Language: l.Language, Template: l.Template}
	if t.Secret {
		return s.sendNow(ctx, m, l.Data)
	}
	m.Data = l.Data
	m.announce(MessageQueued)
	return s.insert(ctx, m)
}

// insert stores a message once; the same letter again is no mistake.
func (s *Service) insert(ctx context.Context, m *Message) error {
	err := s.messages.Insert(ctx, id.Request{}, m)
	if errors.Is(err, docstore.ErrExists) {
		return nil
	}
	return err
}

// sendNow hands a secret to its gateway beside the request. What can't be sent in a few tries is lost.
func (s *Service) sendNow(ctx context.Context, m *Message, data map[string]phi.Text) error {
	select {
	case s.room <- struct{}{}:
	default:
		return fault.New(fault.Limited, busyAnswer).After(time.Minute)
	}
	err := s.messages.Insert(ctx, id.Request{}, m)
	if err != nil {
		<-s.room
		if errors.Is(err, docstore.ErrExists) {
			return nil
		}
		return err
	}
	s.sending.Go(func() {
		defer func() { <-s.room }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime) // the request may end first
		defer cancel()
		var err error
		for try := 1; ; try++ {
			if err = s.hand(ctx, m, data); err == nil || errors.Is(err, ErrRefused) || try == codeTries {
				break
			}
			pause, over := context.WithTimeout(ctx, codePause)
			<-pause.Done()
			over()
		}
		record, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		_ = s.settle(record, m.ID, err, true) // what is not recorded stays queued; there is nothing left to send
	})
	return nil
}

// hand gives a message to its gateway in its words.
func (s *Service) hand(ctx context.Context, m *Message, data map[string]phi.Text) error {
	t, found := s.words.find(m.Language, m.Template)
	if !found {
		return fmt.Errorf("%w: there is no template %s", ErrRefused, m.Template)
	}
	text, err := fill(t.Text, data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if m.Channel == ByText {
		return s.Texter.Text(ctx, SMS{ID: string(m.ID), To: m.To, Text: text})
	}
	return s.Mailer.Mail(ctx, Mail{ID: string(m.ID), To: m.To, Subject: t.Subject, Text: text})
}

// settle records what came of a try.
func (s *Service) settle(ctx context.Context, message id.Message, sendErr error, last bool) error {
	_, err := s.messages.Update(ctx, string(message), docstore.On{}, func(m *Message) error {
		if m.State != Queued {
			return nil
		}
		now := s.Clock.Now()
		m.Tries++
		m.ClearTimer(RetryDue)
		switch {
		case sendErr == nil:
			m.announce(MessageSent)
			return m.apply(now, Taken, "")
		case last || errors.Is(sendErr, ErrRefused) || m.Tries > len(pauses):
			m.announce(MessageFailed)
			return m.apply(now, GivenUp, reason(sendErr))
		}
		m.SetTimer(RetryDue, now.Add(pauses[m.Tries-1]))
		return m.apply(now, Put, reason(sendErr))
	})
	if err != nil {
		return fmt.Errorf("record message %s: %w", message, err)
	}
	return nil
}

func reason(err error) string {
	switch {
	case errors.Is(err, ErrRefused):
		return "refused"
	case errors.Is(err, context.DeadlineExceeded):
		return "too_slow"
	}
	return "unreachable"
}

// deliver tries to send a queued message.
func (s *Service) deliver(ctx context.Context, message string) error {
	m, err := s.messages.Get(ctx, message)
	if err != nil {
		return err
	}
	if t, found := s.words.find(m.Language, m.Template); m.State != Queued || found && t.Secret {
		return nil
	}
	trying, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	sendErr := s.hand(trying, m, m.Data)
	return s.settle(ctx, m.ID, sendErr, false)
}

// About lists what was sent about a document, for a case; the newest first. No codes are among it.
func (s *Service) About(ctx context.Context, a access.Actor, record string) ([]*Message, error) {
	if err := s.Guard.Check(ctx, a, "message.list", access.Facts{Record: record}); err != nil {
		return nil, err
	}
	page, err := s.messages.Find(ctx, docstore.Query{Index: "about", Equal: record, Descending: true, Limit: 200})
	return page.Items, err
}

// Handle takes the events of Kinds.
func (s *Service) Handle(ctx context.Context, e event.Event) error {
	switch e.Kind {
	case MessageQueued:
		return s.deliver(ctx, e.Doc)
	case RetryDue:
		m, err := s.messages.Get(ctx, e.Doc)
		if err != nil || !m.TimerDue(RetryDue, s.Clock.Now()) {
			return err
		}
		return s.deliver(ctx, e.Doc)
	}
	if s.Clock.Now().Sub(e.At) > tooOld {
		return nil // nobody is helped by a call to a visit of this morning
	}
	for _, row := range table {
		if row.kind != e.Kind || !row.holds(e) {
			continue
		}
		if err := s.tell(ctx, row, e); err != nil {
			return fmt.Errorf("tell of %s: %w", e.ID, err)
		}
	}
	return nil
}

// tell queues the words of a row for everybody it names.
func (s *Service) tell(ctx context.Context, row row, e event.Event) error {
	who := row.who(e)
	if who == "" {
		return nil
	}
	contacts, err := s.Directory.Contacts(ctx, who)
	if err != nil {
		return fmt.Errorf("look up %s: %w", who, err)
	}
	if row.helpers {
		helpers, err := s.Directory.Helpers(ctx, who)
		if err != nil {
			return fmt.Errorf("look up who helps %s: %w", who, err)
		}
		contacts = append(contacts, helpers...) // one who stands there twice has one letter, by its key
	}
	for _, c := range contacts {
		letter := Letter{
			Key: strings.Join([]string{e.ID, row.template, string(c.Channel), c.To.Reveal()}, "\x1f"),
			To:  c.To, Channel: c.Channel, Template: row.template, Language: c.Language, About: e.Doc,
			Data: map[string]phi.Text{"link": phi.Text(s.Website + row.path(e)), "time": phi.Text(localTime(e, c)), "until": phi.Text(localEnd(e, c))},
		}
		if err := s.Send(ctx, letter); err != nil {
			return err
		}
	}
	return nil
}
