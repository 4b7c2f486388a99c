package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"lethe/internal/loopback"
)

const databaseFile = "dynoxide.db"

// startDynoxide starts dynoxide on a file. For "in memory" the file is in a folder in memory that is removed with the
// process: quicken cannot add indexes to dynoxide's own in-memory database.
func startDynoxide(ctx context.Context, options Options) (*Process, error) {
	if err := Install(ctx, Runtime, options.Progress); err != nil {
		return nil, err
	}
	var cleanUp func()
	if options.Dir == "" {
		var err error
		if options.Dir, cleanUp, err = memoryFolder(); err != nil {
			return nil, fmt.Errorf("start dynoxide: %w", err)
		}
	}
	process, err := retryDynoxide(ctx, options)
	if err != nil {
		if cleanUp != nil {
			cleanUp()
		}
		return nil, fmt.Errorf("start dynoxide: %w", err)
	}
	process.cleanUp, process.database = cleanUp, filepath.Join(options.Dir, databaseFile)
	if err := quicken(ctx, process.database); err != nil {
		process.Stop()
		return nil, err
	}
	return process, nil
}

func retryDynoxide(ctx context.Context, options Options) (*Process, error) {
	for try := 1; ; try++ {
		process, err := tryDynoxide(ctx, options)
		if !errors.Is(err, errEnded) || try == freePortTries {
			return process, err
		}
	}
}

// quicken adds the indexes that dynoxide lacks; see quicken.mjs.
func quicken(ctx context.Context, database string) error {
	if _, err := runNode(ctx, "quicken.mjs", database); err != nil {
		return fmt.Errorf("add indexes to dynoxide: %w", err)
	}
	return nil
}

// tryDynoxide starts dynoxide on a port that was free a moment ago: it accepts port 0, but does not print the port it
// gets. It prints its line only once it listens, so another program on the port is not mistaken for it.
// dynoxide answers any web page and has no option against that, hence the hidden address. Its tools require the token and
// listen on 127.0.0.1 only.
func tryDynoxide(ctx context.Context, options Options) (*Process, error) {
	address, token := loopback.Hidden(), rand.Text()
	port, err := freePort(address)
	if err != nil {
		return nil, err
	}
	cmd, err := dynoxideCommand(address, port, token, options)
	if err != nil {
		return nil, err
	}
	var tools string
	listens := false
	process, err := launch(ctx, cmd, options.Log, func(line string) bool {
		listens = listens || strings.HasPrefix(line, "Dynoxide listening on ")
		if address, found := strings.CutPrefix(line, "MCP HTTP server listening on "); found {
			tools = address
		}
		return listens && tools != ""
	})
	if err != nil {
		return nil, err
	}
	return &Process{Name: "dynoxide", Endpoint: endpoint(address, port), process: process, sweeper: &mcp{url: tools, token: token}}, nil
}

func dynoxideCommand(address string, port int, token string, options Options) (*exec.Cmd, error) {
	binary, err := installedProgram(dynoxidePackages, "dynoxide", "dynoxide")
	if err != nil {
		return nil, err
	}
	args := []string{"serve", "--host", address, "--port", strconv.Itoa(port), "--mcp", "--mcp-port", "0"}
	if err := os.MkdirAll(options.Dir, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, append(args, "--db-path", filepath.Join(options.Dir, databaseFile))...)
	cmd.Env = append(os.Environ(), "DYNOXIDE_MCP_AUTH_TOKEN="+token)
	return cmd, nil
}

// installedProgram returns the file of a program, from the package for this platform.
func installedProgram(packages map[string]string, program string, path ...string) (string, error) {
	name, known := packages[platform()]
	if !known {
		return "", fmt.Errorf("%s cannot be installed for %s", program, platform())
	}
	dir, err := folder()
	if err != nil {
		return "", err
	}
	modules := filepath.Join(dir, "node_modules")
	file := filepath.Join(append([]string{modules, name}, path...)...)
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("%s is not installed: remove the folder %s; the next start installs the engines again: %w", program, modules, err)
	}
	return file, nil
}

func freePort(address string) (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
