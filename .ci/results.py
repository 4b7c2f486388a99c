"""Reads the events of `go test -json`: prints a line for each package, what failed tests said, and the tests that skipped themselves.
Fails if a test has failed, or in CI if one has skipped itself."""

import collections
import json
import os
import sys


def main():
    said, failed, skipped, ran = collections.defaultdict(list), False, [], 0
    for line in sys.stdin:
        try:
            event = json.loads(line)
        except ValueError:
            print(line, end="")
            continue
        # What a build says belongs to a package by another field.
        name = (event.get("Package") or event.get("ImportPath"), event.get("Test"))
        action = event["Action"]
        if action in ("output", "build-output"):
            said[name].append(event["Output"])
            continue
        if action in ("fail", "build-fail"):
            failed = True
            print("".join(said[name]), end="")
        if action == "skip" and name[1]:
            skipped.append(f"{name[0]} {name[1]}")
        if action in ("pass", "fail") and not name[1]:
            print(f"{action}  {name[0]} ({event['Elapsed']:.0f} s)", flush=True)
        if action in ("pass", "fail", "skip"):
            ran += action != "skip" and bool(name[1])
            said.pop(name, None)
    for test in skipped:
        print("skipped:", test)
    print(f"{ran} tests ran, {len(skipped)} skipped themselves")
    sys.exit(failed or ran == 0 or bool(skipped and os.environ.get("CI")))


main()
