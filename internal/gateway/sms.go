package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"housecall/internal/notify"
)

// SMSConfig says who carries our text messages: each is a POST of {"id","from","to","text"} with a bearer
// token and the id as Idempotency-Key. Any 2xx means taken, a 4xx refused for good (but 408, 425, 429).
type SMSConfig struct {
	URL     string
	Token   string
	From    string        // the name or number that is shown; may be empty
	Timeout time.Duration // of one try; 0: 5 s
	Pause   time.Duration // between tries; 0: 500 ms
}

const smsTries = 3

// SMS is a notify.Texter.
type SMS struct {
	config SMSConfig
	client *http.Client
}

// NewSMS checks the configuration; it does not connect.
func NewSMS(c SMSConfig) (*SMS, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		return nil, errors.New("text messages: the gateway's address must begin with https://")
	}
	if c.Token == "" {
		return nil, errors.New("text messages: the gateway's token is missing")
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Pause == 0 {
		c.Pause = 500 * time.Millisecond
	}
	return &SMS{config: c, client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a token goes nowhere else
	}}, nil
}

// Text implements notify.Texter.
func (s *SMS) Text(ctx context.Context, m notify.SMS) error {
	body, err := json.Marshal(map[string]string{"id": m.ID, "from": s.config.From, "to": m.To.Reveal(), "text": m.Text})
	if err != nil {
		return errors.New("write text message: it can't be encoded")
	}
	for try := 1; ; try++ {
		err = s.post(ctx, m.ID, body)
		if err == nil || errors.Is(err, notify.ErrRefused) || try == smsTries || ctx.Err() != nil {
			return err
		}
		wait, cancel := context.WithTimeout(ctx, s.config.Pause)
		<-wait.Done()
		cancel()
	}
}

func (s *SMS) post(ctx context.Context, messageID string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("send text message: the gateway's address is not one")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.config.Token)
	req.Header.Set("Idempotency-Key", messageID)
	res, err := s.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("send text message: %w", ctx.Err())
		}
		return errors.New("send text message: the gateway can't be reached")
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection is used again
	_ = res.Body.Close()
	switch status := res.StatusCode; {
	case status/100 == 2:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return fmt.Errorf("send text message: the gateway answered %d", status)
	default:
		return fmt.Errorf("send text message: %w: the gateway answered %d", notify.ErrRefused, status)
	}
}
