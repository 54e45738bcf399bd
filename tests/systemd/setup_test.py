#!/usr/bin/env python3
"""setup_test.py SYSUSERS TMPFILES: both make what they say, in a root of their own."""
import os
import shutil
import stat
import subprocess
import sys
import tempfile


def skip(why):
    print(f"SKIP: {why}")
    sys.exit(77)


def run(*command):
    subprocess.run(command, check=True)


def main(sysusers, tmpfiles):
    for program in ("systemd-sysusers", "systemd-tmpfiles"):
        if not shutil.which(program):
            skip(f"there is no {program} on this host")
    if os.geteuid() != 0:
        skip("needs root: it makes a group and directories of root's, below a temporary directory")
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "etc"))
        run("systemd-sysusers", f"--root={root}", sysusers)
        run("systemd-tmpfiles", f"--root={root}", "--create", tmpfiles)
        with open(os.path.join(root, "etc/group"), encoding="utf-8") as file:
            groups = [line.split(":")[0] for line in file]
        assert "benchd" in groups, groups
        for path, mode in (("run/benchd", 0o755), ("var/lib/benchd", 0o700)):
            found = os.stat(os.path.join(root, path))
            assert stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == mode, (path, oct(found.st_mode))


main(*sys.argv[1:])
