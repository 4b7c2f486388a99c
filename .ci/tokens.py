"""Takes access tokens of the local system's owner at the address LETHE_TOKENS."""

import os
import urllib.request

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def token():
    request = urllib.request.Request(os.environ["LETHE_TOKENS"], method="POST")
    with OPENER.open(request, timeout=35) as response:
        return response.read().decode().strip()
