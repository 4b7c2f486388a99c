package main

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

// TestThePurgedAreInNoFile purges a customer and searches every file of the folder for its values. Once the streams are
// trimmed, which takes a day by default, no file may have one, neither logs nor free parts of files.
func TestThePurgedAreInNoFile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits until the streams have forgotten")
	}
	if enginetest.Kind() != engine.Dynoxide {
		t.Skip("its streams can't be told to forget")
	}
	r := launch(t, func(o *options) { o.StreamAge = 2 * time.Second })
	r.settle(t, "P30D", kind{"ticket", "cascade"})
	values := []string{"acherusia", "psychopomp", "ferry@acheron.example", "7654321", "danake"}
	path := customerPath("guest")
	r.do(t, http.MethodPost, "/v1/customers", map[string]any{
		"id": "guest", "organisation": "Acherusia Ferries", "lastName": "Psychopomp", "email": "Ferry@acheron.example", "phone": "+49 30 7654321",
	}).want(t, http.StatusCreated, "")
	r.do(t, http.MethodPost, path+"/records", map[string]any{"kind": "ticket", "id": "1", "data": map[string]any{"coin": "danake"}}).want(t, http.StatusCreated, "")
	r.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": "stays", "organisation": "Lacedaemon"}).want(t, http.StatusCreated, "")
	for _, value := range values {
		if len(filesWith(t, r.folder.path, value)) == 0 {
			t.Fatalf("no file has %q before the purge: it is looked for in vain", value)
		}
	}

	r.do(t, http.MethodDelete, path, nil).want(t, http.StatusOK, "")
	r.do(t, http.MethodPost, path+"/purge", map[string]any{"confirm": "guest"}).want(t, http.StatusAccepted, "")
	r.awaitCertificate(t, "guest")
	for _, value := range values {
		eventually(t, value+" is in no file", func() bool { return len(filesWith(t, r.folder.path, value)) == 0 })
	}
	if len(filesWith(t, r.folder.path, "lacedaemon")) == 0 {
		t.Error("a customer that stays is in no file either")
	}
	r.do(t, http.MethodPost, customerPath("stays")+"/block", nil).want(t, http.StatusOK, "")
	eventually(t, "changes after that are logged", func() bool {
		return bytes.Contains(r.get(t, customerPath("stays")+"/audit").body, []byte("customer.blocked"))
	})
}

// filesWith returns the files below the folder that contain the text, in any case. Programs are left out.
func filesWith(t *testing.T, folder, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "functions" {
			return fs.SkipDir
		}
		if err != nil || !entry.Type().IsRegular() {
			return ignoreGone(err)
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(bytes.ToLower(content), []byte(text)) {
			found = append(found, path)
		}
		return ignoreGone(err)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// ignoreGone ignores the error of a file that is removed during the search.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
