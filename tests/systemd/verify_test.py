#!/usr/bin/env python3
"""verify_test.py UNIT BENCHD: systemd itself finds nothing wrong with the unit."""
import os
import re
import shutil
import subprocess
import sys
import tempfile


def verify(text):
    """What systemd-analyze says of a unit, line by line; nothing where it is right."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "benchd.service")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False
        )
    # It also reads the units that this one is ordered after, which are the host's business.
    return [line for line in (done.stdout + done.stderr).splitlines() if "benchd" in line]


def main(unit, benchd):
    if not shutil.which("systemd-analyze"):
        print("SKIP: there is no systemd-analyze on this host")
        sys.exit(77)
    with open(unit, encoding="utf-8") as file:
        # It is not installed yet, and a program that is not there is a fault.
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={os.path.abspath(benchd)}", file.read(), flags=re.MULTILINE)
    found = verify(text)
    for bad in ("Tpye=notify", "Type=notfy", "KillMode=some", "ExecStart=/not/there"):
        if not verify(text.replace("Type=notify", bad)):
            found.append(f"the check does not see what is wrong with {bad}")
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


main(*sys.argv[1:])
