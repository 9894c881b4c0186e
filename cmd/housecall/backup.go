package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"housecall/internal/app"
	"housecall/internal/clock"
	"housecall/internal/config"
)

func backupCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "backup FILE|DIR", Short: "Write everything the service keeps into one encrypted file",
		Long: "Write documents, open events and files, as of one moment, into one encrypted file. Nodes on MongoDB, NATS and MinIO go on\n" +
			"meanwhile; the server of a data folder has to be stopped. The service's own secret is not in it: keep that, and the key, elsewhere.",
		Args: cobra.ExactArgs(1),
	}
	read := existing(settings(c))
	keyFile := c.Flags().String("key-file", "", "file with the key of backups, 32 random bytes or more (openssl rand -hex 32)")
	c.RunE = func(c *cobra.Command, args []string) error {
		key, options, err := keyed(*keyFile, read)
		if err != nil {
			return err
		}
		path := args[0]
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path = filepath.Join(path, "housecall-"+clock.NewReal().Now().UTC().Format("20060102T150405Z")+".backup")
		}
		return written(path, func(f *os.File) error {
			counts, err := app.Backup(c.Context(), options, key, f)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d documents, %d events to be handled yet, %d dead letters, %d files.\n",
				path, counts.Documents, counts.Events, counts.Dead, counts.Files)
			return err
		})
	}
	return c
}

// keyed reads the key of backups, and what the service is told.
func keyed(keyFile string, read func() (config.Config, error)) ([]byte, app.Options, error) {
	key, err := app.BackupKey(keyFile)
	if err != nil {
		return nil, app.Options{}, err
	}
	conf, err := read()
	if err != nil {
		return nil, app.Options{}, err
	}
	log, err := logger(conf)
	return key, app.Options{Config: conf, Log: log}, err
}

// written makes a file, whole or not at all; one that is there already stays.
func written(path string, write func(*os.File) error) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s is there already: name another file", path)
	}
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make the backup: %w; name a folder that can be written, and remove a .part that was left", err)
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		return os.Rename(f.Name(), path)
	}
	return errors.Join(err, os.Remove(f.Name()))
}

func restoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup into engines in which there is nothing yet",
		Long: "Put a backup into an empty data folder, or an empty database, NATS account and bucket, whichever kind it was made of. It never\n" +
			"writes over anything. Give the service the secret it had (secret_file); the next start sets every timer again.",
		Args: cobra.ExactArgs(1),
	}
	read := fresh(settings(c))
	keyFile := c.Flags().String("key-file", "", "file with the key that the backup was made with")
	c.RunE = func(c *cobra.Command, args []string) error {
		key, options, err := keyed(*keyFile, read)
		if err != nil {
			return err
		}
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		head, counts, err := app.Restore(c.Context(), options, key, f)
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "Restored %d documents, %d events to be handled, %d dead letters and %d files of %s. Start the service.\n",
			counts.Documents, counts.Events, counts.Dead, counts.Files, head.At.Format("2006-01-02 15:04:05"))
		return err
	}
	return c
}
