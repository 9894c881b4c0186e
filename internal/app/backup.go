package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"housecall/internal/backup"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/docstore/sqlite"
)

var (
	_ backup.Store  = (*sqlite.Store)(nil)
	_ backup.Store  = (*mongo.Store)(nil)
	_ backup.Events = (*bus.Bus)(nil)
)

// Backup writes everything that the service keeps, sealed with the key. Nodes on shared engines go on meanwhile;
// a data folder belongs to one process, so its server has to be stopped.
func Backup(ctx context.Context, o Options, key []byte, w io.Writer) (backup.Counts, error) {
	o.tool = true
	a := newApp(o)
	e, err := a.keys(&o)
	if err == nil {
		err = a.openEngines(ctx, &o, &e)
	}
	var counts backup.Counts
	if err == nil {
		var service string
		if service, err = docstore.Service(ctx, a.Store); err == nil {
			head := backup.Head{Service: service, Version: Version, At: clock.NewReal().Now()}
			counts, err = backup.Write(ctx, w, key, head, a.kept())
		}
	}
	return counts, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
}

func (a *App) kept() backup.Engines {
	store, _ := a.Store.(backup.Store) // both are
	return backup.Engines{Store: store, Events: a.Bus, Files: a.Files}
}

// Restore puts a backup into engines in which there is nothing; otherwise it refuses and changes nothing. The next
// start sets all timers again and hands out what was not handled.
func Restore(ctx context.Context, o Options, key []byte, r io.Reader) (backup.Head, backup.Counts, error) {
	head, archive, err := backup.Read(r, key)
	if err != nil {
		return head, backup.Counts{}, err
	}
	o.tool = true
	a := newApp(o)
	e, err := a.keys(&o)
	if err == nil {
		err = a.openVacant(ctx, o, &e, head.Service)
	}
	var counts backup.Counts
	if err == nil {
		counts, err = archive.Restore(ctx, a.kept())
	}
	return head, counts, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
}

// openVacant opens engines one after the other, and none before the one before it was seen to be empty.
func (a *App) openVacant(ctx context.Context, o Options, e *engines, service string) error {
	c := o.Config
	wait := patience{c.StartWithin, o.Log}
	err := wait.until(ctx, "store", func() (err error) { a.Store, err = openStore(ctx, c); return err })
	if err != nil {
		return err
	}
	if err := backup.Vacant(ctx, backup.Engines{Store: a.kept().Store}); err != nil {
		return err
	}
	err = wait.until(ctx, "files", func() (err error) { a.Files, err = openFiles(ctx, c, e); return err })
	if err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	if err := backup.Vacant(ctx, backup.Engines{Files: a.Files}); err != nil {
		return err
	}
	err = wait.until(ctx, "bus", func() (err error) {
		a.Bus, err = bus.Start(ctx, busConfig(o, e, service), bus.Deps{Store: a.Store, Clock: e.clock, Log: o.Log})
		return err
	})
	if err != nil {
		return fmt.Errorf("start events: %w", err)
	}
	if err := backup.Vacant(ctx, backup.Engines{Events: a.Bus}); err != nil {
		return err
	}
	return claim(ctx, a.Files, service)
}

// BackupKey makes the key of backups from the text of a key file.
func BackupKey(file string) ([]byte, error) {
	c := config.Config{SecretFile: file}
	secret, err := c.Secret()
	if err != nil {
		return nil, fmt.Errorf("--key-file %q must hold 32 random bytes or more: make one with `openssl rand -hex 32 > FILE`, and keep it apart from the backup: %w", file, err)
	}
	return config.Key(secret, "backup"), nil
}
