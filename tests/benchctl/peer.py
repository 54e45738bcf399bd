"""What the tests of benchctl against a peer share. The program is named by the environment's BENCHCTL."""
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import fake_daemon as fake

BENCHCTL = os.environ["BENCHCTL"]
LIST = ("GET", r"/v1/clusters\?limit=500", fake.items(fake.cluster()))
SHOW = r"/v1/clusters/1f2e3d4c(\?.*)?"


def answer(status, value, **headers):
    return lambda handler, _: handler.json(status, value, **headers)


# Of a process that is forked off a large one the peak is at first that one's: a small one is between.
PEAK = """import resource, subprocess, sys
code = subprocess.run(sys.argv[2:], check=False).returncode
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)"""
PEAK_KIB = 300 << 10


@functools.cache
def is_sanitized():
    with open(BENCHCTL, "rb") as file:
        program = file.read()
    return any(word in program for word in (b"__asan_init", b"__tsan_init"))


class PeakMixin:
    """Holds the program's memory to a bound; where it has a sanitizer, most of it is that one's."""

    def run_as_it_is(self, *args, **kwargs):
        return subprocess.run([BENCHCTL, *args], capture_output=True, timeout=60, check=False, **kwargs)

    def run_within(self, *args, **kwargs):
        peak = os.path.join(self.dir, "peak")
        done = subprocess.run([sys.executable, "-c", PEAK, peak, BENCHCTL, *args], capture_output=True, timeout=60,
                              check=False, **kwargs)
        with open(peak, encoding="ascii") as file:
            kib = int(file.read())
        if not is_sanitized():
            self.assertLess(kib, PEAK_KIB)
        return done


class PeerTest(unittest.TestCase):
    """Starts a peer with a test's routes, and runs benchctl against it."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="benchctl-test-")
        self.socket = os.path.join(self.dir, "s")
        self.daemon = None
        self.addCleanup(shutil.rmtree, self.dir)

    def serve(self, *routes):
        self.daemon = fake.Daemon(self.socket, routes).start()
        self.addCleanup(self.daemon.stop)

    def environment(self, **more):
        env = {"PATH": self.dir, "LC_ALL": "C.UTF-8", "TERM": "xterm", "HOME": self.dir}
        return env | more

    def start(self, *args, **kwargs):
        return subprocess.Popen([BENCHCTL, "--socket", self.socket, *args], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=kwargs.pop("stdin", subprocess.DEVNULL),
                                env=self.environment(), **kwargs)

    def run_it(self, *args, code=0, stdin=b"", env=None, where=True):
        """Standard output and error, once the exit code is what it should be."""
        socket = ["--socket", self.socket] if where else []
        done = subprocess.run([BENCHCTL, *socket, *args], input=stdin, capture_output=True, timeout=60,
                              env=self.environment(**(env or {})), check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return done.stdout.decode("utf-8", "backslashreplace"), done.stderr.decode()

    def sent(self, method):
        return [r for r in self.daemon.requests if r.command == method]
