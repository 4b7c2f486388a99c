"""Fetches a document from a server that is still starting: address, file to write, process id of the server."""

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


def main(address, path, pid):
    # An HTTP proxy of the machine has no part in talking to the machine itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with opener.open(address, timeout=10) as response, open(path, "wb") as file:
                file.write(response.read())
            return
        except OSError as error:
            if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                sys.exit(f"{address}: {error}")
            if not alive(pid) or time.monotonic() > deadline:
                sys.exit(f"{address}: {error}")
        time.sleep(0.2)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
