#!/usr/bin/env python3
"""Who may include what (docs/architecture.md).

    layering.py ROOT          check a tree; 0 when every include is allowed
    layering.py --self-check  show that each kind of violation is found

Two tables hold the rules: what a folder may include of the project, and which folders may include a
library's headers. A folder that neither table names is a fault too: a new one must take its place.
"""
import os
import re
import sys
import tempfile
from pathlib import Path

FORMATS = ["lib/schema", "lib/yaml", "lib/base"]
MODEL = ["lib/model", *FORMATS]
BELOW_ENGINE = ["lib/workload", "lib/sched", "lib/image", "lib/channel", "lib/sample", "lib/virt", "lib/jobs", *MODEL]
BESIDE = ["lib/store", "lib/plan", "lib/stats", "lib/report", "lib/artifact", "lib/crate"]

# folder -> the folders below it. Its own folder is always allowed. The longest name that fits counts.
MAY_INCLUDE = {
    "lib/base": [],
    "lib/schema": ["lib/base"],
    "lib/yaml": ["lib/base"],
    "lib/model": FORMATS,
    "lib/stats": ["lib/base"],
    "lib/jobs": FORMATS,
    "lib/swf": ["lib/base"],
    "lib/sample": ["lib/virt", *MODEL],
    "lib/artifact": ["lib/base"],
    "lib/crate": ["lib/base"],
    "lib/plan": ["lib/stats", *MODEL],
    "lib/store": ["lib/jobs", *MODEL],
    "lib/report": ["lib/stats", "lib/store", "lib/plan", "lib/jobs", "lib/swf", *MODEL],
    "lib/virt": MODEL,
    "lib/channel": ["lib/virt", *MODEL],
    "lib/image": ["lib/artifact", "lib/channel", "lib/virt", *MODEL],
    "lib/sched": ["lib/jobs", "lib/channel", "lib/virt", *MODEL],
    "lib/workload": ["lib/sched", "lib/jobs", "lib/swf", "lib/artifact", "lib/channel", "lib/virt", *MODEL],
    "lib/import": ["lib/workload", *FORMATS],
    "daemon/loop": ["lib/store", "lib/base"],
    "daemon/http": ["daemon/loop", *FORMATS],
    "daemon/engine": ["daemon/loop", *BELOW_ENGINE, *BESIDE],
    "daemon/api": ["api", "daemon/engine", "daemon/http", "daemon/loop", *BELOW_ENGINE, *BESIDE],
    "daemon": ["api", "daemon/api", "daemon/engine", "daemon/http", "daemon/loop", *BELOW_ENGINE, *BESIDE],
    "api": FORMATS,
    "node": ["lib/jobs"],
    "clients": ["lib/import", "lib/workload", "lib/crate", "lib/swf", "lib/report", "lib/stats", *MODEL],
}
ANYTHING = ["tests"]

LIBRARIES = {
    r"libvirt/": ["lib/virt", "lib/channel", "daemon/loop"],
    r"sqlite3\.h$": ["lib/store"],
    r"microhttpd\.h$": ["daemon/http"],
    r"uv\.h$": ["daemon"],
    r"yaml\.h$": ["lib/yaml"],
    r"curl/": ["clients"],
    r"archive(_entry)?\.h$": ["lib/crate"],
    r"zlib\.h$": ["lib/swf", "daemon/http"],
    r"zstd\.h$": ["lib/artifact", "lib/sample", "lib/store"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)


def place_of(path, places):
    """The longest of the places that holds the path, or None."""
    return max((p for p in places if path.is_relative_to(p)), key=len, default=None)


def resolve(root, source, name):
    """An include of the project, as a path from the root; None when it is of the build or a library."""
    for candidate in (source.parent / name, Path(name)):
        if (root / candidate).is_file():
            return Path(os.path.normpath(candidate))
    return None


def faults_of(root, source):
    place = place_of(source, MAY_INCLUDE)
    if place is None:
        yield "no rule says what this folder may include: give it a place in layering.py"
        return
    for bracket, name in INCLUDE.findall((root / source).read_text(encoding="utf-8", errors="replace")):
        for pattern, allowed in LIBRARIES.items():
            if bracket == "<" and re.match(pattern, name) and place_of(source, allowed) is None:
                yield f"includes <{name}>, which only {', '.join(allowed)} may"
        target = resolve(root, source, name)
        if target is None:
            continue
        below = place_of(target, MAY_INCLUDE)
        if below is None:
            yield f'includes "{name}", which has no place in the layers'
        elif below != place and below not in MAY_INCLUDE[place]:
            yield f'includes "{name}": {place} may not know {below}'


def check(root):
    """All faults of a tree as lines "file: fault"."""
    found = []
    for path in sorted(root.rglob("*.[ch]")):
        source = path.relative_to(root)
        top = source.parts[0]
        if top.startswith((".", "build")) or top == "subprojects" or place_of(source, ANYTHING):
            continue
        found += [f"{source}: {fault}" for fault in faults_of(root, source)]
    return found


# name of the file that includes, the include, whether that is a fault
SAMPLES = [
    ("lib/virt/a.c", '"lib/base/x.h"', False),
    ("lib/virt/a.c", '"lib/store/x.h"', True),
    ("lib/base/a.h", '"lib/model/x.h"', True),
    ("lib/model/a.c", "<libvirt/libvirt.h>", True),
    ("lib/channel/a.c", "<libvirt/libvirt-lxc.h>", False),
    ("daemon/engine/a.c", "<libvirt/libvirt.h>", True),
    ("daemon/engine/a.c", '"daemon/api/x.h"', True),
    ("daemon/api/a.c", '"daemon/engine/x.h"', False),
    ("daemon/api/a.c", "<sqlite3.h>", True),
    ("daemon/daemon.c", "<microhttpd.h>", True),
    ("daemon/http/a.c", "<microhttpd.h>", False),
    ("lib/sched/a.c", "<uv.h>", True),
    ("daemon/loop/a.c", "<uv.h>", False),
    ("lib/sched/a.c", '"../virt/../store/x.h"', True),
    ("node/a.c", '"lib/base/x.h"', True),
    ("lib/odd/a.c", "<stdio.h>", True),
    ("tests/a.c", "<sqlite3.h>", False),
]


def self_check():
    wrong = []
    for source, include, is_fault in SAMPLES:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for folder in (*MAY_INCLUDE, str(Path(source).parent)):
                (root / folder).mkdir(parents=True, exist_ok=True)
            for folder in MAY_INCLUDE:
                (root / folder / "x.h").write_text("#pragma once\n")
            (root / source).write_text(f"#include {include}\n")
            if bool(check(root)) != is_fault:
                wrong.append(f"{source} with {include}: " + ("not found" if is_fault else "wrongly found"))
    return wrong


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    found = self_check() if arguments[0] == "--self-check" else check(Path(arguments[0]).resolve())
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


main(sys.argv[1:])
