package main

import (
	"net"
	"strconv"
	"strings"
	"testing"
)

func TestWhatIsInUseIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := openFolder(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = openFolder(dir, true)
	wantMessage(t, err, `a system runs in the folder `+dir+`; run this one in another: make run ARGS="--dir FOLDER"`)
	first.close()
	second, err := openFolder(dir, false)
	if err != nil {
		t.Fatalf("the folder is free again, but: %v", err)
	}
	second.close()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	wantMessage(t, (&system{}).listen(port), `port `+strconv.Itoa(port)+` is in use by another program; take any free one: make run ARGS="--port 0"`)
}

func wantMessage(t *testing.T, err error, beginning string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), beginning) {
		t.Errorf("the error is %v, want %s…", err, beginning)
	}
}
