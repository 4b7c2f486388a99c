package engine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"lethe/internal/loopback"
)

// nodeMajor is the first major version of Node.js with which fauxqs always runs (it needs 22.5, for node:sqlite).
const nodeMajor = 23

// noWarning stops the warning of Node.js that node:sqlite is experimental.
const noWarning = "--disable-warning=ExperimentalWarning"

// StartSQS starts fauxqs, an engine of SQS, and installs it first if necessary. It returns when the engine listens.
// The caller must Stop it.
func StartSQS(ctx context.Context, options Options) (*Process, error) {
	if err := Install(ctx, Runtime, options.Progress); err != nil {
		return nil, err
	}
	address := loopback.Hidden()
	args := []string{address}
	if options.Dir != "" {
		args = append(args, options.Dir)
	}
	process, err := launchScript(ctx, options, address, "fauxqs.mjs", args...)
	if err != nil {
		return nil, fmt.Errorf("start fauxqs: %w", err)
	}
	process.Name = "fauxqs"
	return process, nil
}

// launchScript runs a script of Node.js that listens at an address. It returns when the script has said at which port.
func launchScript(ctx context.Context, options Options, address, script string, args ...string) (*Process, error) {
	node, args, err := nodeScript(ctx, script, args...)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(node, args...)
	cmd.Env = append(os.Environ(), "NODE_ENV=production")
	var port int
	process, err := launch(ctx, cmd, options.Log, readPort(&port))
	if err != nil {
		return nil, err
	}
	return &Process{Endpoint: endpoint(address, port), process: process}, nil
}

// nodeScript returns the Node.js program and its arguments to run a script of this folder.
func nodeScript(ctx context.Context, script string, args ...string) (node string, all []string, err error) {
	dir, err := folder()
	if err != nil {
		return "", nil, err
	}
	node, err = nodeBinary(ctx)
	return node, append([]string{noWarning, filepath.Join(dir, script)}, args...), err
}

// nodeBinary returns the machine's Node.js if it is new enough, else the one in the installed packages.
func nodeBinary(ctx context.Context) (string, error) {
	if version, err := exec.CommandContext(ctx, "node", "--version").Output(); err == nil {
		major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(version)), "v"), ".")
		if n, err := strconv.Atoi(major); err == nil && n >= nodeMajor {
			return exec.LookPath("node")
		}
	}
	node, err := installedProgram(nodePackages, "Node.js", "bin", "node")
	if err != nil {
		return "", fmt.Errorf("%w; or install Node.js %d or newer from https://nodejs.org", err, nodeMajor)
	}
	return node, nil
}
