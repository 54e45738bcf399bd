"""The dashboard's files at /ui/ and /docs: found, cached, guarded; and what is told where there are none."""
import gzip
import http.client
import json

import pytest

import served
from daemon import Daemon

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
          "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
SCRIPT = "assets/main-Ab12_d-4.js"


def ask(daemon, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply, body


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """As the build makes it."""
    dir = tmp_path_factory.mktemp("ui")
    (dir / "assets").mkdir()
    for name, text in {"index.html": "<!doctype html>index", "docs.html": "<!doctype html>docs", SCRIPT: "run()",
                       "icon.svg": "<svg/>"}.items():
        (dir / name).write_text(text)
        (dir / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    return dir


@pytest.fixture(scope="module")
def daemon(built):
    daemon = Daemon(libvirt_uri="test:///nowhere", ui=built).start("/healthz")
    yield daemon
    daemon.clean_up()


@pytest.mark.parametrize("path, text", [
    ("/ui/", "index"), ("/ui/index.html", "index"), ("/ui/campaigns/1f2e3d4c", "index"), ("/ui/runs", "index"),
    ("/ui/%72uns", "index"), ("/docs", "docs"), (f"/ui/{SCRIPT}", "run()"), ("/ui/icon.svg", "<svg/>"),
])
def test_pages_and_files_are_served_with_their_guards(daemon, path, text):
    reply, body = ask(daemon, path)
    assert reply.status == 200 and text in body.decode()
    assert reply.headers["Content-Security-Policy"] == POLICY
    assert reply.headers["X-Content-Type-Options"] == "nosniff" and reply.headers["Referrer-Policy"] == "no-referrer"
    lasting = path.endswith(SCRIPT)
    assert reply.headers["Cache-Control"] == ("public, max-age=31536000, immutable" if lasting else "no-cache")
    packed, content = ask(daemon, path, Accept_Encoding="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(content) == body
    assert packed.headers["Content-Type"] == reply.headers["Content-Type"]
    for each, encoding in ((reply, "identity"), (packed, "gzip")):
        again, nothing = ask(daemon, path, If_None_Match=each.headers["ETag"], Accept_Encoding=encoding)
        assert again.status == 304 and not nothing
        assert again.headers["Content-Security-Policy"] == POLICY
    head, nothing = ask(daemon, path, method="HEAD")
    assert head.status == 200 and not nothing and int(head.headers["Content-Length"]) == len(body)


@pytest.mark.parametrize("path", ["/", "/ui"])
def test_the_way_to_it(daemon, path):
    reply, _ = ask(daemon, path)
    assert reply.status == 302 and reply.headers["Location"] == "/ui/"


@pytest.mark.parametrize("path", [
    "/ui/missing.js", "/ui/assets/main-00000000.js", "/ui/../../etc/passwd.txt", "/ui/%2e%2e/%2e%2e/etc/hosts.txt",
    "/ui//etc/a.conf", f"/ui/{SCRIPT}.gz", "/docs/", "/docs/x", "/uix",
])
def test_what_is_not_there_is_a_problem(daemon, path):
    reply, body = ask(daemon, path)
    assert reply.status == 404 and json.loads(body)["type"] == "urn:benchd:problem:not-found"


def test_other_methods_and_other_hosts_are_refused(daemon):
    reply, _ = ask(daemon, "/ui/", method="POST", Content_Length="0")
    assert reply.status == 405 and reply.headers["Allow"] == "GET"
    assert ask(daemon, "/ui/", Host="rebound.example")[0].status == 403


def test_without_a_dashboard_it_is_told_how_to_get_one(tmp_path):
    daemon = Daemon(libvirt_uri="test:///nowhere", ui=tmp_path / "nothing").start("/healthz")
    try:
        for path in ("/ui/", "/ui/campaigns", "/docs"):
            reply, body = ask(daemon, path)
            assert reply.status == 404
            assert str(tmp_path / "nothing") in json.loads(body)["detail"]
            assert "docs/dashboard.md" in json.loads(body)["detail"]
        assert ask(daemon, "/")[0].status == 404
        assert daemon.api.get("/healthz").status == 200
    finally:
        daemon.clean_up()


def test_a_directory_that_is_no_dashboard_is_logged_and_left(tmp_path):
    (tmp_path / "readme.txt").write_text("not it")
    daemon = Daemon(libvirt_uri="test:///nowhere", ui=tmp_path).start("/healthz")
    try:
        assert "has no index.html" in json.loads(ask(daemon, "/ui/")[1])["detail"]
        assert "has no index.html" in daemon.words()
    finally:
        daemon.clean_up()
