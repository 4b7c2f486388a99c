"""Fetches the OpenAPI document of a server that is still starting: address, file to write, process id of the server."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

START_SECONDS = 180  # the first start installs the engines and builds the functions


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def fetch(address, pid):
    # Requests to this machine must not use an HTTP proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with opener.open(address, timeout=35) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            sys.exit(f"{address}: {error}")
        except OSError as error:
            if not alive(pid) or time.monotonic() > deadline:
                sys.exit(f"{address}: {error}")
        time.sleep(0.2)


def plain(node):
    """Leaves out huma's own schema keyword: JSON Schema allows unknown ones, redocly does not."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items() if key != "patternDescription"}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return node


def main(address, path, pid):
    with open(path, "w", encoding="utf-8") as file:
        # Indented, so that the lines in the linter's messages are readable.
        json.dump(plain(fetch(address, pid)), file, indent=2)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
