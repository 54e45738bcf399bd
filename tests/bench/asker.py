"""How long the daemon takes to answer, as a client sees it that does nothing else."""
import contextlib
import os
import socket
import threading
import time

from service import Failed

PACE = 0.002  # seconds between two requests beside a bring-up, which is not to be held up


def percentile(values, p):
    """Nearest rank; not of fewer values than it takes to tell."""
    if len(values) * (100 - p) < 100:
        raise Failed(f"{len(values)} values are too few for a p{p}")
    return sorted(values)[-(-len(values) * p // 100) - 1]


class Asker:
    """GET over one kept connection; `ms` has how long each answer took."""

    def __init__(self, service):
        self.sock = socket.create_connection(service.address, timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ms = []

    def ask(self, target, etag=None, packed=False):
        """The reply's ETag; with the one that is had already 304 is an answer too."""
        more = f"If-None-Match: {etag}\r\n" if etag else ""
        more += "Accept-Encoding: gzip\r\n" if packed else ""
        request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()
        start = time.perf_counter()
        self.sock.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.more()
        head, _, body = got.partition(b"\r\n\r\n")
        unchanged = etag and head.startswith(b"HTTP/1.1 304 ")
        if not unchanged and not head.startswith(b"HTTP/1.1 200 "):
            raise Failed(f"GET {target}: {head[:200].decode()}")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        left = 0 if unchanged else int(fields[b"content-length"]) - len(body)
        while left > 0:
            left -= len(self.more())
        self.ms.append(1000 * (time.perf_counter() - start))
        return fields.get(b"etag", b"").decode()

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise Failed("benchd closed a connection that was to be kept")
        return data


@contextlib.contextmanager
def foremost():
    """This thread before all others: the daemon is measured, not how long we wait for our turn."""
    thread = threading.get_native_id()
    before = os.getpriority(os.PRIO_PROCESS, thread)
    os.setpriority(os.PRIO_PROCESS, thread, -20)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, thread, before)


@contextlib.contextmanager
def asking(service, target):
    """Asks in the background, at a pace."""
    asker, stop, faults = Asker(service), threading.Event(), []

    def go_on():
        try:
            with foremost():
                while not stop.wait(PACE):
                    asker.ask(target)
        except (Failed, OSError) as fault:
            faults.append(fault)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield asker
    finally:
        stop.set()
        thread.join()
        asker.sock.close()
    if faults:
        raise faults[0]
