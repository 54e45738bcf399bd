"""What the figures were measured on, and how busy that was at the time.

Machines differ, and shared ones differ from minute to minute. So each value is taken together with
the conditions just before it: what the CPUs were doing, how long a fixed piece of work takes, and
how long libvirt takes for the least that it can do, a container of one process made and ended.
"""
import contextlib
import json
import os
import platform
import re
import secrets
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import host

BUSY_WINDOW = 0.2  # seconds
LOOP_ROUNDS = 300_000
CONTAINER_PATIENCE = 5  # seconds

# Named as a node of a cluster that is not ours, so that no audit takes it for residue of its own.
CONTAINER = """<domain type='lxc'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <os><type>exe</type><init>/bin/sleep</init><initarg>600</initarg></os>
  <features><privnet/></features>
  <devices><console type='pty'/></devices>
</domain>"""


def words(*argv):
    """What a program says, or None where it can't be asked."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


# ---------------------------------------------------------------------------------- conditions


def cpu_times():
    """(all, idle) of all CPUs together, in ticks."""
    fields = [int(f) for f in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields), fields[3] + fields[4]


def busy_cpus():
    all_before, idle_before = cpu_times()
    time.sleep(BUSY_WINDOW)
    all_after, idle_after = cpu_times()
    passed = max(all_after - all_before, 1)
    return os.cpu_count() * (1 - (idle_after - idle_before) / passed)


def loop_ms():
    start = time.perf_counter()
    sum(i * i for i in range(LOOP_ROUNDS))
    return 1000 * (time.perf_counter() - start)


def end_container(name):
    """By its init's end; `virsh destroy` would ask an init that does not listen, and wait."""
    pid_file = Path(f"/run/libvirt/lxc/{name}.pid")
    controller = int(pid_file.read_text())
    init = Path(f"/proc/{controller}/task/{controller}/children").read_text()
    os.kill(int(init), signal.SIGKILL)
    until = time.monotonic() + CONTAINER_PATIENCE
    while pid_file.exists():  # libvirt removes it when it forgets the domain
        if time.monotonic() > until:
            raise OSError(f"libvirt goes on listing {name}")
        time.sleep(0.001)


def remove_container(name):
    """What libvirt leaves of one that has ended, and of one that did not end."""
    if Path(f"/run/libvirt/lxc/{name}.pid").exists():
        words("virsh", "-q", "-c", host.URI, "destroy", name)
    for path in Path("/run/libvirt/lxc").glob(f"{name}.*"):
        with contextlib.suppress(FileNotFoundError):  # libvirt removes some, in its own time
            path.rmdir() if path.is_dir() else path.unlink()
    Path(f"/var/log/libvirt/lxc/{name}.log").unlink(missing_ok=True)


def container_ms():
    """None where libvirt could not do it."""
    name = f"bd-{secrets.token_hex(4)}-calibrat"
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(CONTAINER.format(name=name))
        file.flush()
        try:
            start = time.perf_counter()
            if words("virsh", "-q", "-c", host.URI, "create", file.name) is None:
                return None
            end_container(name)
            return 1000 * (time.perf_counter() - start)
        except (OSError, ValueError):
            return None
        finally:
            remove_container(name)


def conditions():
    """Taken before the value that they go with, never while it is measured."""
    return {
        "busyCpus": round(busy_cpus(), 2),
        "load1": os.getloadavg()[0],
        "loopMs": round(loop_ms(), 2),
        "containerMs": container_ms(),
    }


def usual(conditions_of_values, key):
    """The median over the values of a figure; None where there is none."""
    known = [c[key] for c in conditions_of_values if c.get(key) is not None]
    return statistics.median(known) if known else None


# --------------------------------------------------------------------------------- description


def first_of(path, pattern):
    match = re.search(pattern, Path(path).read_text(), re.MULTILINE)
    return match.group(1).strip() if match else None


def cgroup_layout():
    kinds = dict(host.mounts())
    if kinds.get("/sys/fs/cgroup") == "cgroup2":
        return "unified"
    return "hybrid" if "cgroup2" in kinds.values() else "v1"


def libvirt():
    """Versions, as virsh tells them: the library's here, the daemon's there."""
    said = words("virsh", "-q", "-c", host.URI, "version", "--daemon") or ""
    lines = {"library": r"^Using library: \D*([\d.]+)", "daemon": r"^Running against daemon: (.*)"}
    matches = {what: re.search(line, said, re.MULTILINE) for what, line in lines.items()}
    return {what: match and match.group(1) for what, match in matches.items()}


def description():
    return {
        "cpu": first_of("/proc/cpuinfo", r"^model name\s*: (.*)$") or platform.machine(),
        "cpus": os.cpu_count(),
        "memoryBytes": 1024 * int(first_of("/proc/meminfo", r"^MemTotal:\s+(\d+)")),
        "kernel": platform.release(),
        "distribution": first_of("/etc/os-release", r'^PRETTY_NAME="?(.*?)"?$'),
        "cgroups": cgroup_layout(),
        "libvirt": libvirt(),
        "qemu": first_line(words("qemu-system-x86_64", "--version")),
        "loadBefore": os.getloadavg(),
    }


def first_line(text):
    return text.splitlines()[0] if text else None


def build_description(build):
    """Of what is measured: the commit, and how it was compiled."""
    git = ("git", "-c", f"safe.directory={host.ROOT}", "-C", str(host.ROOT))
    options = json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())
    wanted = ("buildtype", "optimization", "b_sanitize", "faults")
    return {
        "commit": words(*git, "rev-parse", "HEAD"),
        "modified": bool(words(*git, "status", "--porcelain")),
        **{o["name"]: o["value"] for o in options if o["name"] in wanted},
    }
