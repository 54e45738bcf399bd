#!/usr/bin/python3
"""Takes the pictures of docs/dashboard/ anew, of a daemon that runs: shots.py http://127.0.0.1:8765 [PAGE...].

Its newest runs and campaigns are shown. What would name the machine is shown under other names.
"""
import argparse
import sys
import urllib.parse
from pathlib import Path

sys.dont_write_bytecode = True

import browser
import served
from client import Api


def newest(api, target, pick=lambda item: True):
    items = [item for item in api.get(target).json["items"] if pick(item)]
    return items[0] if items else None


def things(api):
    """Ids of what is there, as pages.mjs takes them."""
    runs = api.get("/v1/runs?state=done&limit=100").json["items"]
    jobs = [run for run in runs if api.get(f"/v1/runs/{run['id']}/jobs?limit=1").json["items"]]
    found = {
        "run": (jobs or runs or [None])[0],
        "campaign": newest(api, "/v1/campaigns?limit=50", lambda c: c["progress"]["done"] > 0),
        "failed": newest(api, "/v1/runs?state=failed&limit=1"),
        "cluster": newest(api, "/v1/clusters?limit=1") or newest(api, "/v1/clusters?state=deleted&limit=1"),
        "image": newest(api, "/v1/images?limit=50", lambda i: i["state"] == "ready"),
    }
    names = {"campaignName": (found["campaign"] or {}).get("name", ""), "imageName": (found["image"] or {}).get("name", "")}
    return {of: item and item["id"] for of, item in found.items()} | names | {"failedSays": ""}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("page", nargs="*", help="as in browser/pages.mjs; all, where none is given")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--directory", type=Path, default=served.ROOT / "docs" / "dashboard")
    options = parser.parse_args()
    if why := browser.missing():
        sys.exit(f"shots: {why}")
    place = urllib.parse.urlsplit(options.url)
    api = Api(tcp=(place.hostname, place.port))
    host = api.get("/v1/hosts").json["items"][0]
    hide = [[host["stateDir"]["path"], "/var/lib/benchd"], [f'"{host["name"]}"', '"lab1"'], [str(served.ROOT), ""]]
    options.directory.mkdir(exist_ok=True)
    names = options.page or None
    for line in browser.check("shots", place.port, **things(api), names=names, hide=hide,
                              directory=str(options.directory), scheme="dark" if options.dark else "light"):
        print(line)


if __name__ == "__main__":
    main()
