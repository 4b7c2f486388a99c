package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lethe/internal/ledger"
)

const verifyHelp = `Usage: go run ./cmd/lethe verify --api URL [options]
       go run ./cmd/lethe verify FILE [options]

Verifies the history of certificates, from the API or from its export (GET /v1/certificates.ndjson, all parts in one
file). It checks that every certificate has the right hash, that no certificate is missing, inserted, repeated, out of
order or forked, and that the history contains a checkpoint that was saved earlier. With the API it also checks that
the history is complete up to the present ends of the ledger. Its memory does not grow with the history.

Exit code: 0 if all is well, 1 if something is broken (each place is named), 2 if it could not be verified.

`

type verifyOptions struct {
	api, token, file  string
	checkpoint, saved string
	asJSON            bool
}

func runVerify(ctx context.Context, args []string, std stdio) (int, error) {
	o, err := parseVerify(args, std.out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitClean, err
	case err != nil:
		return exitFailed, fmt.Errorf("%w; see --help", err)
	}
	r := &report{out: std.out, diagnostics: std.err, asJSON: o.asJSON, next: time.Now().Add(progressEvery)}
	if o.api == "" && o.checkpoint == "" {
		r.except = " up to the end of the file; give --checkpoint or --api to verify that the file is complete"
	}
	if err := o.verify(ctx, r); err != nil {
		return exitFailed, err
	}
	if r.Broken > 0 {
		return exitFindings, nil
	}
	return exitClean, nil
}

func parseVerify(args []string, out io.Writer) (o verifyOptions, err error) {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, verifyHelp)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.api, "api", "", "`URL` of the API, such as http://127.0.0.1:8080")
	flags.StringVar(&o.token, "token", "", "bearer `token` for the API; safer in the environment variable LETHE_TOKEN")
	flags.StringVar(&o.checkpoint, "checkpoint", "", "`file` with a checkpoint that was saved earlier, by --save-checkpoint or from GET /v1/checkpoint")
	flags.StringVar(&o.saved, "save-checkpoint", "", "`file` to write a checkpoint to, if nothing is broken; store it where the operators of the system can't change it")
	flags.BoolVar(&o.asJSON, "json", false, "write the report as JSON")
	for len(args) > 0 && err == nil { // the file may come before, between or after the options
		if err = flags.Parse(args); err != nil {
			return o, err
		}
		if args = flags.Args(); len(args) > 0 {
			if o.file != "" {
				return o, fmt.Errorf("got two files, %s and %s: give one", o.file, args[0])
			}
			o.file, args = args[0], args[1:]
		}
	}
	if (o.api == "") == (o.file == "") {
		return o, errors.New("give either --api or a file")
	}
	o.token = cmp.Or(o.token, os.Getenv("LETHE_TOKEN"))
	return o, nil
}

func (o verifyOptions) verify(ctx context.Context, r *report) error {
	v := ledger.NewVerifier()
	if o.checkpoint != "" {
		saved, err := readCheckpoint(o.checkpoint)
		if err == nil {
			err = v.Expect("the saved checkpoint", saved)
		}
		if err != nil {
			return err
		}
	}
	documents, err := o.open(ctx, v)
	if err != nil {
		return err
	}
	for document, err := range documents {
		if err != nil {
			return err
		}
		r.add(v.Add(document)...)
		r.progress(v.Count())
	}
	r.add(v.End()...)
	if o.saved != "" && r.Broken == 0 {
		if err := saveCheckpoint(o.saved, ledger.Checkpoint{Time: time.Now().UTC().Truncate(time.Millisecond), Heads: v.Heads()}); err != nil {
			return err
		}
	}
	return r.end(v)
}

func readCheckpoint(file string) (c ledger.Checkpoint, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil || len(c.Heads) == 0 {
		return c, fmt.Errorf("%s is not a checkpoint: give a file written by --save-checkpoint or from GET /v1/checkpoint", file)
	}
	return c, nil
}

// saveCheckpoint replaces the file atomically, so that an earlier checkpoint is not lost in an error.
func saveCheckpoint(file string, c ledger.Checkpoint) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".checkpoint-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(text, '\n'))
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
