package engine

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	const none, old, javaNew = 0, 11, 17
	tests := []struct {
		wanted   Kind
		platform string
		java     int
		want     Kind
		refusal  string
	}{
		{Automatic, "linux/amd64", none, Dynoxide, ""},
		{Automatic, "linux/amd64", javaNew, Dynoxide, ""},
		{Automatic, "darwin/arm64", javaNew, DynamoDBLocal, ""},
		{Automatic, "linux/arm64", 25, DynamoDBLocal, ""},
		{Automatic, "darwin/arm64", none, "", "dynoxide has no program for darwin/arm64, and DynamoDB Local needs Java 17 or newer, but no java that works is on the PATH: install a Java runtime (JRE)"},
		{Automatic, "linux/arm64", old, "", "dynoxide has no program for linux/arm64, and DynamoDB Local needs Java 17 or newer, but the java on the PATH is version 11: install"},
		{Dynoxide, "linux/amd64", none, Dynoxide, ""},
		{Dynoxide, "linux/amd64", javaNew, Dynoxide, ""},
		{Dynoxide, "darwin/arm64", none, "", "dynoxide has no program for darwin/arm64: use dynamodb-local, which needs Java 17 or newer"},
		{Dynoxide, "darwin/arm64", javaNew, "", "dynoxide has no program for darwin/arm64: use dynamodb-local"},
		{DynamoDBLocal, "linux/amd64", javaNew, DynamoDBLocal, ""},
		{DynamoDBLocal, "darwin/arm64", javaNew, DynamoDBLocal, ""},
		{DynamoDBLocal, "linux/amd64", none, "", "DynamoDB Local needs Java 17 or newer, but no java that works is on the PATH: install"},
		{DynamoDBLocal, "darwin/arm64", old, "", "the java on the PATH is version 11"},
		{"oracle", "linux/amd64", javaNew, "", `engine "oracle" is unknown: use auto, dynoxide or dynamodb-local`},
		{"", "linux/amd64", javaNew, "", `engine "" is unknown`},
	}
	for _, test := range tests {
		got, err := choose(test.wanted, test.platform, func() int { return test.java })
		if refused := err != nil; got != test.want || refused != (test.refusal != "") || refused && !strings.Contains(err.Error(), test.refusal) {
			t.Errorf("wanting %q on %s with Java %d: %q, %v; want %q, %q", test.wanted, test.platform, test.java, got, err, test.want, test.refusal)
		}
	}
}

func TestMajorVersion(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]int{
		`openjdk version "17.0.15" 2025-04-15`:                                  17,
		`openjdk version "21" 2023-09-19`:                                       21,
		`java version "1.8.0_412"`:                                              8,
		"The operation couldn’t be completed. Unable to locate a Java Runtime.": 0,
		"": 0,
	} {
		if got := majorVersion(said); got != want {
			t.Errorf("the version in %q is %d, want %d", said, got, want)
		}
	}
}

// TestProgramsOfPlatformsAreOptional reads the lock: if a package for one platform is not optional, npm ci fails on every
// other platform; a package that the code names and the lock lacks is never installed.
func TestProgramsOfPlatformsAreOptional(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct {
			OS, CPU  any
			Optional bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	var bound []string
	for path, entry := range lock.Packages {
		if entry.OS == nil && entry.CPU == nil {
			continue
		}
		bound = append(bound, strings.TrimPrefix(path, "node_modules/"))
		if !entry.Optional {
			t.Errorf("%s runs on %v %v only, and is not optional", path, entry.OS, entry.CPU)
		}
	}
	named := slices.AppendSeq(slices.Collect(maps.Values(dynoxidePackages)), maps.Values(nodePackages))
	slices.Sort(bound)
	slices.Sort(named)
	if !slices.Equal(bound, named) {
		t.Errorf("the lock has %v for single platforms, the code names %v", bound, named)
	}
}
