"""The host, as it can be seen without asking benchd: what is on it, and libvirt's daemon.

`inventory` is deliberately written apart from the daemon's own audit and looks at more; the two
have nothing in common but the kernel. Where other people work on the host at the same time, what comes
and goes by them can be left out of it: $BENCHD_TEST_IGNORE is a regular expression.
"""
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
URI = os.environ.get("BENCHD_LIBVIRT_URI", "lxc:///system")
OURS = set()  # ids of all clusters and images that these tests have asked for
IGNORED = re.compile(os.environ.get("BENCHD_TEST_IGNORE", "$^"))

ID_IN_NAME = re.compile(r"(?:bd-?|benchd/|benchd/image-|clusters/)([0-9a-f]{8})(?![0-9a-f])")
# Directories that the first cluster on a host makes, for all.
SHARED_GROUPS = {"benchd", "machine"}


def run(*argv, check=True):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


def outputs(*commands):
    """Of commands that run at once: what each says, in their order; None of one that fails."""
    started = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for argv in commands]
    said = [process.communicate(timeout=120)[0] for process in started]
    return [None if process.returncode else text for process, text in zip(started, said)]


def mounts():
    """(target, type), in the order in which they were mounted."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, right = line.split(" - ")
        yield left.split()[4].encode().decode("unicode_escape"), right.split()[0]


def processes():
    """(pid, comm, cgroup2, command line) of all that live."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            if stat.rpartition(")")[2].split()[0] in "ZX":
                continue
            groups = (entry / "cgroup").read_text()
            group = next((g[3:] for g in groups.splitlines() if g.startswith("0::")), "")
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            yield int(entry.name), (entry / "comm").read_text().strip(), group, line
        except (FileNotFoundError, ProcessLookupError):
            continue


def namespace(pid, kind):
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None  # gone, or one that even root may not look into


def cgroups():
    for target, kind in mounts():
        if kind not in ("cgroup", "cgroup2"):
            continue
        for parent in ("benchd", "machine", "machine.slice"):
            for path, _, _ in os.walk(f"{target}/{parent}"):
                if Path(path).name not in SHARED_GROUPS:
                    yield path


def inventory():
    """Before and after every test: what others are asked is asked of all at once."""
    domains, nets, links, routes, firewall = outputs(
        ("virsh", "-q", "-c", URI, "list", "--all", "--name"),
        ("virsh", "-q", "-c", URI, "net-list", "--all", "--name"),
        ("ip", "-j", "-d", "link"),
        ("ip", "route", "show", "table", "all"),
        ("nft", "-s", "list", "ruleset") if shutil.which("nft") else ("true",))
    assert None not in (domains, links, routes), f"{URI}, or ip, does not answer"
    items = [f"domain {n}" for n in domains.split()]
    items += [f"net {n}" for n in (nets or "").split()]
    for link in json.loads(links):
        kind = link.get("linkinfo", {}).get("info_kind", "")
        # the end that is to be a node's has any name while it is here: its peer tells whose it is
        items.append(f"link {link['ifname']} {kind} {link.get('link', '')}".rstrip())
    # those of a cluster's own links go with them, and come a while after
    items += [f"route {line}" for line in routes.splitlines() if not re.search(r" dev bd-?[0-9a-f]{8}", line)]
    items += [f"mount {target} {kind}" for target, kind in mounts() if not target.startswith("/proc/")]
    items += [f"cgroup {path}" for path in cgroups()]
    here = {kind: namespace("self", kind) for kind in ("pid", "net", "mnt")}
    for pid, comm, group, line in processes():
        inside = [k for k in ("pid", "net") if namespace(pid, k) not in (here[k], None)]
        if inside or comm in ("libvirt_lxc", "bench-enter", "bench-init", "mmdebstrap"):
            whose = sorted(f"of bd-{id}" for id in set(ID_IN_NAME.findall(line)))
            items.append(" ".join(["process", comm, group, *whose]))
    for directory in ("/run/libvirt/lxc", "/etc/libvirt/lxc", "/var/log/libvirt/lxc"):
        if os.path.isdir(directory):
            items += [f"file {directory}/{name}" for name in os.listdir(directory)]
    items += [f"firewall {line}" for line in (firewall or "").splitlines()]
    return collections.Counter(i for i in items if not foreign(i) and not IGNORED.search(i))


def foreign(item):
    """Another daemon's on this host, with clusters of its own."""
    ids = ID_IN_NAME.findall(item)
    return bool(ids) and not OURS.intersection(ids)


def settled(patience=15):
    """The inventory once nothing of earlier tests is on its way out any more: two looks in a row that agree."""
    until = time.monotonic() + patience
    before, now = None, inventory()
    while now != before and time.monotonic() < until:
        time.sleep(0.05)
        before, now = now, inventory()
    return now


def difference(before, patience=15):
    """What differs from before, once it has settled; the kernel ends namespaces in its own time."""
    until = time.monotonic() + patience
    while True:
        now = inventory()
        changes = sorted(f"+ {i}" for i in (now - before)) + sorted(f"- {i}" for i in (before - now))
        if not changes or time.monotonic() > until:
            return changes
        time.sleep(0.2)


def wreck(*ids):
    """Removes by force what is left of clusters, so that one failed test is not many."""
    for id in ids:
        for target, kind in mounts():
            kill = f"{target}/benchd/{id}/cgroup.kill"
            if kind == "cgroup2" and os.path.exists(kill):
                Path(kill).write_text("1")
        for pid, comm, group, line in list(processes()):
            if f"bd-{id}-" in line or f"/benchd/{id}/" in group + "/":
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for name in run("virsh", "-q", "-c", URI, "list", "--all", "--name", check=False).split():
            if id in name:
                run("virsh", "-q", "-c", URI, "destroy", name, check=False)
        for link in json.loads(run("ip", "-j", "link")):
            if id in link["ifname"]:
                run("ip", "link", "del", link["ifname"], check=False)
        for target, _ in reversed(list(mounts())):
            if f"/clusters/{id}/" in target:
                run("umount", "-l", target, check=False)
        for path in sorted(cgroups(), key=len, reverse=True):
            if id in path:
                try:
                    os.rmdir(path)
                except OSError:
                    pass


def process_with(marker):
    """Pids whose command line has this word."""
    return [pid for pid, _, _, line in processes() if marker in line.split()]


def wait_until(condition, what, patience=60):
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {patience} s for: {what}")


class Libvirtd:
    """libvirt's daemon on this host, to be stopped, killed and frozen by tests."""

    def __init__(self):
        self.systemd = os.path.isdir("/run/systemd/system")

    def pid(self):
        for name in ("libvirtd", "virtlxcd"):
            try:
                pid = int(Path(f"/run/{name}.pid").read_text())
                if Path(f"/proc/{pid}/comm").read_text().strip() == name:
                    return pid
            except (FileNotFoundError, ValueError):
                continue
        return None

    def answers(self):
        argv = ["virsh", "-q", "-c", URI, "list", "--name"]
        try:
            return subprocess.run(argv, capture_output=True, timeout=10).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def stop(self, how=signal.SIGTERM):
        pid = self.pid()
        if self.systemd:
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            sockets = [f"{name}{s}.socket" for s in ("", "-ro", "-admin")]
            run("systemctl", "stop", *sockets, f"{name}.service")
            return
        os.kill(pid, how)
        wait_until(lambda: self.pid() != pid, "libvirtd's end")

    def start(self):
        run(str(ROOT / "run"), "host")
        wait_until(self.answers, "libvirt to answer")

    def freeze(self):
        os.kill(self.pid(), signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid(), signal.SIGCONT)

    def restore(self):
        if pid := self.pid():
            os.kill(pid, signal.SIGCONT)
        if not self.answers():
            self.start()
