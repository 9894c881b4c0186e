package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"housecall/internal/config"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/tracing"
)

// openTracing begins to send traces, where a collector is configured.
func openTracing(c config.Config, node string) (*tracing.Tracing, error) {
	token, err := config.ReadSecret(c.Trace.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("trace.token_file: %w", err)
	}
	return tracing.Start(tracing.Options{URL: c.Trace.URL, Token: token, Part: c.Trace.Part, Node: node, Version: Version})
}

// openStore opens the documents: a file in the data folder, or a MongoDB.
func openStore(ctx context.Context, c config.Config) (docstore.Store, error) {
	switch {
	case c.Store == "":
		s, err := sqlite.Open(ctx, filepath.Join(c.Data, "housecall.db"))
		if err != nil {
			return nil, err
		}
		return s, nil
	case strings.HasPrefix(c.Store, "mongodb://"), strings.HasPrefix(c.Store, "mongodb+srv://"):
		s, err := mongo.Open(ctx, c.Store)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	return nil, fmt.Errorf("store is %q: leave it empty for a file in the data folder, or say mongodb://host/database", c.Store)
}
