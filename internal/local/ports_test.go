package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

const (
	inBrowser  = "http://evil.example" // the site of a hostile page
	tcpListens = "0A"                  // a state in /proc/net/tcp
)

// TestNoPortAnswersAWebPage sends a hostile page's requests to every port that the command and its children listen on. Each port
// must refuse them, or be at an address that no page can guess.
func TestNoPortAnswersAWebPage(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip("ports are looked for in /proc, which isn't there")
	}
	c := runCommand(t, t.TempDir())
	c.settle(t, "P30D", kind{"ticket", "cascade"})
	c.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": "guest", "organisation": "Guests"}).want(t, http.StatusCreated, "")
	c.do(t, http.MethodDelete, customerPath("guest"), nil).want(t, http.StatusOK, "")
	c.do(t, http.MethodPost, customerPath("guest")+"/purge", map[string]any{"confirm": "guest"}).want(t, http.StatusAccepted, "")
	c.awaitCertificate(t, "guest")
	eventually(t, "the audit log", func() bool { // then api, work and stream run, each with its Runtime API
		return bytes.Contains(c.get(t, customerPath("guest")+"/audit").body, []byte("customer.purged"))
	})

	ports := listening(t, c.process.Pid())
	t.Logf("it listens on %v", ports)
	if len(ports) < 8 { // HTTP API, issuer and its process, two engines, api, stream, work
		t.Errorf("only %d ports were found", len(ports))
	}
	for _, port := range ports {
		if !port.Addr().IsLoopback() {
			t.Errorf("%s can be reached from other machines", port)
		}
		if enginetest.Kind() == engine.Dynoxide && "http://"+port.String() == c.dynamoDB {
			wantHidden(t, port)
			continue
		}
		wantRefused(t, port)
	}
}

// wantHidden checks that a server without checks is at a hidden address only.
func wantHidden(t *testing.T, port netip.AddrPort) {
	t.Helper()
	if port.Addr().As4()[1] == 0 {
		t.Errorf("%s can be guessed", port)
	}
	usual := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port.Port())
	if connection, err := net.DialTimeout("tcp", usual.String(), time.Second); err == nil {
		connection.Close()
		t.Errorf("%s leads to %s", usual, port)
	}
}

// knock is a request that a page can make its browser send.
type knock struct {
	what, method, path, host string
	header                   map[string]string
	body                     string
}

func knocks(port netip.AddrPort) []knock {
	own, rebound := port.String(), "evil.example:"+strconv.Itoa(int(port.Port()))
	const next, form, list = "/2018-06-01/runtime/invocation/next", "application/x-www-form-urlencoded", "DynamoDB_20120810.ListTables"
	return []knock{
		{"a simple POST", "POST", "/", own, map[string]string{"Origin": inBrowser, "Content-Type": "text/plain"}, "{}"},
		{"a form", "POST", "/", own, map[string]string{"Origin": inBrowser, "Content-Type": form}, "Action=ListTopics"},
		{"a form of a page without an origin", "POST", "/", own, map[string]string{"Origin": "null", "Content-Type": form}, "Action=ListTopics"},
		{"a preflight", "OPTIONS", "/", own, map[string]string{
			"Origin": inBrowser, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-target"}, ""},
		{"what a preflight let pass", "POST", "/", own, map[string]string{"Origin": inBrowser, "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": list}, "{}"},
		{"a page that was rebound", "POST", "/", rebound, map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": list}, "{}"},
		{"an image", "GET", next, own, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, ""},
		{"an image of a page that was rebound", "GET", next, rebound, nil, ""},
		{"adding a customer", "POST", "/v1/customers", own, map[string]string{"Origin": inBrowser, "Content-Type": "application/json"}, `{"organisation":"Evil"}`},
		{"reading customers", "GET", "/v1/customers", rebound, nil, ""},
	}
}

func wantRefused(t *testing.T, port netip.AddrPort) {
	t.Helper()
	for _, k := range knocks(port) {
		response, text := k.send(t, port)
		refused := response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusUnauthorized // dynoxide's tools require a token
		if !refused || response.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s at %s was answered %s %v: %s", k.what, port, response.Status, response.Header, text)
		}
	}
}

func (k knock) send(t *testing.T, port netip.AddrPort) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), k.method, "http://"+port.String()+k.path, strings.NewReader(k.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = k.host
	for name, value := range k.header {
		request.Header.Set(name, value)
	}
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		t.Fatalf("%s at %s: %v", k.what, port, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1000))
	if err != nil {
		t.Fatal(err)
	}
	return response, text
}

// listening returns the addresses on which the process and its descendants listen.
func listening(t *testing.T, ancestor int) []netip.AddrPort {
	t.Helper()
	all := map[string]netip.AddrPort{} // by inode
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		readSockets(t, table, all)
	}
	family := descendants(t, ancestor)
	family[ancestor] = "command"
	var found []netip.AddrPort
	for pid := range family {
		descriptors, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, descriptor := range descriptors {
			target, _ := os.Readlink(descriptor) // "" if it has just been closed
			inode := strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")
			if port, ok := all[inode]; ok {
				found = append(found, port)
				delete(all, inode) // others inherited it
			}
		}
	}
	return found
}

func readSockets(t *testing.T, table string, into map[string]netip.AddrPort) {
	t.Helper()
	file, err := os.Open(table)
	if err != nil {
		return // no IPv6 here
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[3] == tcpListens {
			into[fields[9]] = socketAddress(t, fields[1])
		}
	}
}

// socketAddress reads an address as the kernel writes it: words of four bytes in the machine's order, and the port.
func socketAddress(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	address, port, _ := strings.Cut(text, ":")
	words, err := hex.DecodeString(address)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(words); i += 4 {
		binary.NativeEndian.PutUint32(words[i:], binary.BigEndian.Uint32(words[i:]))
	}
	ip, ok := netip.AddrFromSlice(words)
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil || !ok {
		t.Fatalf("%s in /proc/net is not an address", text)
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(number))
}
