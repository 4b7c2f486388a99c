package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/engine"
	"lethe/internal/local/gateway"
	"lethe/internal/local/lambda"
	"lethe/internal/local/mapping"
	"lethe/internal/loopback"
	"lethe/internal/template"
)

// drainTime is the time for running invocations when the system stops. To kill them afterwards is safe: all work can be
// repeated.
const drainTime = 3 * time.Second

// system is a running Lethe.
type system struct {
	// BaseURL is the address of the API and the dashboard.
	BaseURL string

	options     options
	log         *slog.Logger
	folder      *folder
	dynamoDB    *backend
	sqs         *backend
	resources   *resources
	checkpoints *mapping.Checkpoints
	host        *lambda.Host
	functions   []template.Function
	listener    net.Listener
	server      *http.Server
	issuer      *issuer
	// halt stops the triggers. underWay is done when they have finished their running work.
	halt     context.CancelFunc
	underWay sync.WaitGroup
	// closers stop what was started, in reverse order.
	closers []func()
}

// start starts a system. The caller must stop it: the end of ctx does not.
func start(ctx context.Context, o options) (*system, error) {
	s := &system{options: o, log: slog.New(slog.NewTextHandler(o.Output, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if err := s.start(ctx, o); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *system) start(ctx context.Context, o options) error {
	root, declared, err := s.prepare(o)
	if err != nil {
		return err
	}
	if err := s.startIssuer(ctx, o); err != nil {
		return err
	}
	if err := s.startEngines(ctx, o); err != nil {
		return err
	}
	s.resources, err = deployResources(ctx, o, declared, dynamodb.NewFromConfig(s.dynamoDB.config), sqs.NewFromConfig(s.sqs.config))
	if err != nil {
		return err
	}
	if err := s.announce(); err != nil {
		return err
	}
	if o.Dashboard {
		buildDashboard(ctx, root, o.Output)
	}
	binaries, err := build(ctx, root, s.folder.file("functions"), declared.Functions, o.Output)
	if err != nil {
		return err
	}
	if err := s.serveIssuer(); err != nil {
		return err
	}
	s.functions = declared.Functions
	s.host = lambda.NewHost(printer(o.Output))
	s.later(s.host.Close)
	if err := s.hostFunctions(ctx, declared.Functions, binaries); err != nil {
		return err
	}
	if err := s.startTriggers(ctx, o, declared); err != nil {
		return err
	}
	return s.loadDemo(ctx, o)
}

// prepare takes the ports and the folder, and reads the template, which names the issuer's port. It deletes nothing before all
// that has succeeded.
func (s *system) prepare(o options) (root string, declared *template.Template, err error) {
	if root, err = engine.ModuleRoot(); err != nil {
		return "", nil, err
	}
	// This comes first because it fails most often.
	if err := s.listen(o.Port); err != nil {
		return "", nil, err
	}
	if s.folder, err = openFolder(o.Dir); err != nil {
		return "", nil, err
	}
	s.later(s.folder.close)
	if o.ownIssuer() {
		if err := s.listenIssuer(o.IssuerPort); err != nil {
			return "", nil, err
		}
	}
	declared, err = template.Load(filepath.Join(root, "template.yaml"), s.parameters(o.Parameters))
	if err == nil && o.Reset {
		err = s.folder.reset()
	}
	return root, declared, err
}

// later registers a function to call when the system stops.
func (s *system) later(end func()) { s.closers = append(s.closers, end) }

// parameters adds those of this machine's sign-in to the template's, unless another issuer is given.
func (s *system) parameters(given map[string]string) map[string]string {
	if s.issuer == nil {
		return given
	}
	all := map[string]string{
		"JwtIssuer": s.issuer.URL, "JwtAudience": audience, "JwtScope": scope, "DashboardClientId": dashboardClient, "AdminGroup": owners, "Place": "local demo",
	}
	maps.Copy(all, given)
	return all
}

func (s *system) listen(port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf(`port %d is in use by another program; take any free one: make run ARGS="--port 0"`, port)
	}
	if err != nil {
		return fmt.Errorf(`listen on port %d: %w; take any free port: make run ARGS="--port 0"`, port, err)
	}
	s.listener = listener
	s.BaseURL = "http://" + listener.Addr().String()
	s.later(func() { _ = listener.Close() })
	return nil
}

func (s *system) startEngines(ctx context.Context, o options) (err error) {
	if s.dynamoDB, err = startDynamoDB(ctx, o, s.folder, s.log); err != nil {
		return err
	}
	s.later(s.dynamoDB.stop)
	if s.sqs, err = startSQS(ctx, o, s.folder, s.log); err != nil {
		return err
	}
	s.later(s.sqs.stop)
	return nil
}

// startTriggers starts the calls of functions by HTTP, queues, streams and schedules.
func (s *system) startTriggers(ctx context.Context, o options, declared *template.Template) (err error) {
	if s.checkpoints, err = mapping.OpenCheckpoints(s.folder.file(checkpointsFile), s.log); err != nil {
		return err
	}
	triggers, err := s.triggers(o, declared)
	if err != nil {
		return err
	}
	front, err := s.front(ctx, declared)
	if err != nil {
		return err
	}
	s.server = &http.Server{Handler: s.guard(front), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(s.listener) }()
	background, halt := context.WithCancel(context.WithoutCancel(ctx))
	s.halt = halt
	for _, run := range triggers {
		s.underWay.Go(func() { run(background) })
	}
	s.later(s.drain)
	return nil
}

// guard lets the sign-in lead the browser back to the dashboard.
func (s *system) guard(next http.Handler) http.Handler {
	return loopback.Guard(s.listener.Addr(), underOneName(s.listener.Addr().String(), next), loopback.Entrance("/signed-in", "/signed-out"))
}

// underOneName leads the browser from the address with localhost to the one with 127.0.0.1. Sign-in is at 127.0.0.1, and a
// browser takes the two names for two sites.
func underOneName(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Dest") == "document" && r.Host != host {
			same := url.URL{Scheme: "http", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
			http.Redirect(w, r, same.String(), http.StatusTemporaryRedirect)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// front returns the gateway for the functions with routes.
func (s *system) front(ctx context.Context, declared *template.Template) (http.Handler, error) {
	authorizer, err := s.authorizer(ctx, declared.Authorizer)
	if err != nil {
		return nil, err
	}
	front := &gateway.Routes{}
	for _, f := range declared.Functions {
		for _, event := range f.HTTP {
			options := gateway.Options{Invoke: s.invoke(f.Name), Route: gateway.Key(event.Path), Timeout: event.Timeout, Log: s.log}
			if !event.Open {
				options.Authorizer = authorizer
			}
			if err := front.Add(event.Path, gateway.New(options)); err != nil {
				return nil, fmt.Errorf("%s: %w", f.ID, err)
			}
		}
	}
	return front, nil
}

// authorizer returns what verifies tokens as the template declares it, nil if it declares nothing: every route is open then.
func (s *system) authorizer(ctx context.Context, declared *template.Authorizer) (*gateway.Authorizer, error) {
	if declared == nil {
		return nil, nil
	}
	issuer, err := declared.Issuer.Resolve(s.resources.lookup)
	errs := []error{err}
	var audiences []string
	for _, text := range declared.Audience {
		audience, err := text.Resolve(s.resources.lookup)
		audiences, errs = append(audiences, audience), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	return gateway.NewAuthorizer(ctx, issuer, audiences, declared.Scopes)
}

// drain stops the triggers, and waits up to drainTime for running invocations.
func (s *system) drain() {
	s.halt()
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	_ = s.server.Shutdown(ctx)
	drained := make(chan struct{})
	go func() {
		s.underWay.Wait()
		close(drained)
	}()
	select {
	case <-drained:
	case <-ctx.Done():
	}
}

// wait returns nil when ctx ends, and an error if an engine ends.
func (s *system) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.dynamoDB.done():
		return errors.New("the engine of DynamoDB ended unexpectedly: run make run again, the data is kept")
	case <-s.issuer.done():
		return errors.New("the sign-in ended unexpectedly: run make run again, the data is kept")
	case <-s.sqs.done():
		return errors.New("the engine of SQS ended unexpectedly: run make run again, the data is kept")
	}
}

// stop stops everything that was started, also after a failed start.
func (s *system) stop() {
	for _, shut := range slices.Backward(s.closers) {
		shut()
	}
	s.closers = nil
	s.underWay.Wait()
}

// printer returns a function that prints the lines of functions, one at a time.
func printer(output io.Writer) func(function, line string) {
	var mu sync.Mutex
	return func(function, line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(output, "%-6s %s\n", function, line)
	}
}
