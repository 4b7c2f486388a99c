"""Fills a new system: an active customer with records, a deleted one and a purged one."""

import json
import sys
import time
import urllib.error
import urllib.request

from tokens import OPENER, token

PURGE_SECONDS = 30

HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {token()}"}


def call(base, method, path, body=None):
    request = urllib.request.Request(base + path, method=method, headers=HEADERS)
    request.data = json.dumps(body).encode() if body is not None else None
    with OPENER.open(request, timeout=35) as response:
        return response.status


def purged(base, customer):
    try:
        return call(base, "GET", f"/v1/certificates/{customer}") == 200
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return False


def main(base):
    kinds = [
        {"name": "invoice", "policy": "retain", "keep": ["freight"], "keepFor": "P3650D"},
        {"name": "ticket", "policy": "cascade"},
    ]
    call(base, "PUT", "/v1/settings", {"version": 0, "retention": "P30D", "kinds": kinds})
    for customer in ("live", "deleted", "purged"):
        call(base, "POST", "/v1/customers", {"id": customer, "organisation": "Styx Ferries"})
        records = f"/v1/customers/{customer}/records"
        call(base, "POST", records, {"kind": "invoice", "id": "1", "data": {"freight": "32.38"}})
        call(base, "POST", records, {"kind": "ticket", "id": "1", "data": {"subject": "two coins short"}})
        call(base, "POST", records, {"kind": "ticket", "id": "2", "parent": "ticket~1", "data": {}})
    for customer in ("deleted", "purged"):
        call(base, "DELETE", f"/v1/customers/{customer}", {"reason": "asked by phone"})
    call(base, "POST", "/v1/customers/purged/purge", {"confirm": "purged"})
    deadline = time.monotonic() + PURGE_SECONDS
    while not purged(base, "purged"):
        if time.monotonic() > deadline:
            sys.exit(f"no certificate after {PURGE_SECONDS} s")
        time.sleep(0.1)


main(sys.argv[1])
