package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lethe/internal/engine"
	"lethe/internal/local/demo"
	"lethe/internal/local/durable"
	"lethe/internal/loopback"
)

// What the issuer of this machine and the template must agree on.
const (
	dashboardClient = "lethe-dashboard"
	audience        = "lethe"
	scope           = "lethe/admin"
	// owners is the group of the demo administrators who have all permissions.
	owners = "owners"
)

// issuerFolder is the folder of the issuer's keys and port: with both the same, tokens are valid after a restart.
const issuerFolder = "issuer"

// issuer is the issuer of administrators' tokens. The pointer is nil if the command names another issuer. A Go server guards the process, which listens at a hidden address.
type issuer struct {
	// URL is the issuer's address, and its name in tokens.
	URL string

	listener net.Listener
	origins  []string // of the dashboard
	process  *engine.Process
	server   *http.Server
	started  chan struct{} // closed when process or err is set
	err      error
}

// listenIssuer takes the port. 0 takes the one of the last start, if it is free, else any.
func (s *system) listenIssuer(port int) error {
	listener, err := listenFirst(port, s.keptPort())
	if err != nil {
		return fmt.Errorf(`the sign-in can't listen on port %d: %w; take any free port: make run ARGS="--issuer-port 0"`, port, err)
	}
	s.later(func() { _ = listener.Close() })
	s.issuer = &issuer{URL: "http://" + listener.Addr().String(), listener: listener, origins: s.origins(), started: make(chan struct{})}
	return nil
}

func listenFirst(port, kept int) (net.Listener, error) {
	if port == 0 && kept > 0 {
		if listener, err := listenOn(kept); err == nil {
			return listener, nil
		}
	}
	return listenOn(port)
}

func listenOn(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// origins are those of the dashboard.
func (s *system) origins() []string {
	return []string{s.BaseURL, strings.Replace(s.BaseURL, "127.0.0.1", "localhost", 1)}
}

func (s *system) portFile() string { return filepath.Join(s.folder.file(issuerFolder), "port") }

// keptPort returns the port of the last start, 0 if there was none.
func (s *system) keptPort() int {
	text, err := os.ReadFile(s.portFile())
	if err != nil {
		return 0
	}
	port, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return port
}

func (s *system) keepPort() error {
	if err := os.MkdirAll(filepath.Dir(s.portFile()), 0o700); err != nil {
		return fmt.Errorf("keep the port of the sign-in: %w", err)
	}
	port := s.issuer.listener.Addr().(*net.TCPAddr).Port
	if err := durable.Replace(s.portFile(), []byte(strconv.Itoa(port)+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep the port of the sign-in: %w", err)
	}
	return nil
}

// startIssuer starts the process without waiting for it. Requests wait.
func (s *system) startIssuer(ctx context.Context, o options) error {
	if s.issuer == nil {
		return nil
	}
	if err := s.keepPort(); err != nil {
		return err
	}
	i := s.issuer
	go func() {
		defer close(i.started)
		i.process, i.err = engine.StartIssuer(ctx, i.describe(s.folder), engine.Options{Log: s.log, Progress: o.Output})
	}()
	s.later(func() {
		if <-i.started; i.process != nil {
			i.process.Stop()
		}
	})
	return nil
}

func (i *issuer) describe(dir *folder) engine.Issuer {
	described := engine.Issuer{
		URL: i.URL, Hosts: []string{strings.Replace(i.listener.Addr().String(), "127.0.0.1", "localhost", 1)}, Folder: dir.file(issuerFolder),
		Client: dashboardClient, Scope: scope, Audience: audience, Origins: i.origins,
	}
	for _, a := range demo.Administrators {
		described.People = append(described.People, engine.Person{
			ID: a.ID, Subject: a.Subject, Name: a.Name, Groups: a.Groups, May: a.May, Suspended: a.Suspended,
		})
	}
	return described
}

// serveIssuer waits for the process and serves it under the issuer's address.
func (s *system) serveIssuer() error {
	i := s.issuer
	if i == nil {
		return nil
	}
	if <-i.started; i.err != nil {
		return i.err
	}
	target, err := url.Parse(i.process.Endpoint)
	if err != nil {
		return fmt.Errorf("the issuer's address: %w", err)
	}
	i.server = &http.Server{Handler: i.guard(forward(target)), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = i.server.Serve(i.listener) }()
	s.later(func() { _ = i.server.Close() })
	return nil
}

// done is closed when the process ends.
func (i *issuer) done() <-chan struct{} {
	if i == nil {
		return nil
	}
	return i.process.Done()
}

// guard lets the dashboard lead the browser to sign-in and sign-out, and its script change a code into a token. A redirect by the
// issuer counts as led by the dashboard.
func (i *issuer) guard(next http.Handler) http.Handler {
	return loopback.Guard(i.listener.Addr(), next,
		loopback.Entrance("/auth", "/sign-in/", "/session/end"),
		loopback.FormEntrance(i.origins, "/session/end"),
		loopback.Shared(i.origins, "/.well-known/openid-configuration", "/jwks", "/token"))
}

// forward passes requests on with their Host, by which the issuer knows its own address. Failures are not logged: an address
// may have a code.
func forward(target *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "The sign-in has ended. Start the system again.", http.StatusBadGateway)
		},
	}
}

// tokenOf returns an access token of a demo administrator.
func tokenOf(ctx context.Context, issuer, administrator string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, issuer+"/tokens/"+administrator, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(text)))
	}
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
