// Package logging writes housecall's log: one JSON line for each thing an operator would want to
// know, and nothing that describes a person. A struct in a log line would print the texts inside it,
// so every attribute that is neither plain nor an error is replaced by the name of its type.
package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// New returns a logger that writes to w: JSON, or text for a person at a terminal.
func New(w io.Writer, level slog.Level, text bool) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if text {
		return slog.New(discreet{slog.NewTextHandler(w, o)})
	}
	return slog.New(discreet{slog.NewJSONHandler(w, o)})
}

// discreet keeps what describes a person out of every line.
type discreet struct{ next slog.Handler }

func (h discreet) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

func (h discreet) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(plain(a))
		return true
	})
	return h.next.Handle(ctx, out)
}

func (h discreet) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = plain(a)
	}
	return discreet{h.next.WithAttrs(out)}
}

func (h discreet) WithGroup(name string) slog.Handler { return discreet{h.next.WithGroup(name)} }

func plain(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() { //nolint:exhaustive // the others are plain already
	case slog.KindGroup:
		group := v.Group()
		out := make([]slog.Attr, len(group))
		for i, g := range group {
			out[i] = plain(g)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(out...)}
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, err.Error())
		}
		return slog.String(a.Key, fmt.Sprintf("[%T]", v.Any()))
	}
	return slog.Attr{Key: a.Key, Value: v}
}
