"""The log of events: numbered without gaps, read in pages or as a stream that resumes where it was."""
import concurrent.futures
import threading

import pytest

import host
import tiny
from client import sse_events
from conftest import SMALL

FILE = {"Content-Type": "application/vnd.benchd.image"}


@pytest.fixture(scope="module")
def gone(api):
    """A cluster that has come and gone: its events are all there."""
    return api.down(api.up(name="eventful", node=SMALL)["id"])


def take(stream, n):
    """The next n events; comments are passed over."""
    out = []
    for id, kind, data in sse_events(stream):
        if id is not None:
            assert (id, kind) == (data["seq"], data["kind"])
            out.append(data)
        if len(out) == n:
            return out
    raise AssertionError(f"the stream ended after {len(out)} of {n} events")


def test_numbers_have_no_gaps_and_times_do_not_run_back(api, gone):
    events = api.events()
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert [e["at"] for e in events] == sorted(e["at"] for e in events)


def test_the_life_of_a_cluster_is_told_in_order(api, gone):
    events = api.events(subject=f"cluster/{gone['id']}")
    kinds = [e["kind"] for e in events if e["kind"] not in ("cluster.step", "cluster.node")]
    assert kinds == ["cluster.created", "cluster.ready", "cluster.deleting", "cluster.deleted"]
    steps = [(e["data"]["step"], e["data"]["state"]) for e in events if e["kind"] == "cluster.step"]
    names = ["image", "admit", "network", "nodes", "ready", "teardown", "audit"]
    assert steps == [(name, state) for name in names for state in ("begun", "done")]
    nodes = {e["data"]["node"] for e in events if e["kind"] == "cluster.node"}
    assert nodes == {n["name"] for n in gone["nodes"]}


def test_pages_meet_and_since_is_exclusive(api, gone):
    whole = api.events()
    paged, since = [], 0
    while True:
        page = api.get(f"/v1/events?since={since}&limit=3").json
        paged += page["items"]
        if page["next"] is None:
            break
        assert int(page["next"]) == page["items"][-1]["seq"]
        since = int(page["next"])
    assert paged == whole
    assert api.events(since=whole[-1]["seq"]) == []
    assert api.events(since=whole[-2]["seq"]) == whole[-1:]
    assert api.get("/v1/events?since=9007199254740991").json["items"] == []


def test_wait_holds_back_until_there_is_something(api, gone):
    last = api.events()[-1]["seq"]
    nothing = api.get(f"/v1/events?since={last}&wait=1").json
    assert nothing["items"] == []
    with concurrent.futures.ThreadPoolExecutor() as pool:
        polls = [pool.submit(api.get, f"/v1/events?since={last}&wait=60") for _ in range(3)]
        id = api.create(node=SMALL)["id"]
        for poll in polls:
            first = poll.result().json["items"][0]
            assert (first["seq"], first["kind"]) == (last + 1, "cluster.created")
    api.down(id)


def test_wait_for_one_subject_is_not_ended_by_another(api, gone):
    last = api.events()[-1]["seq"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        subject = f"cluster/{gone['id']}"
        poll = pool.submit(api.get, f"/v1/events?since={last}&wait=2&subject={subject}")
        id = api.create(node=SMALL)["id"]
        assert poll.result().json["items"] == []
    api.down(id)


def test_a_stream_begins_with_what_was_and_goes_on_with_what_comes(api, gone):
    whole = api.events()
    with api.sse(since=0) as stream:
        assert take(stream, len(whole)) == whole
        id = api.create(node=SMALL)["id"]
        (following,) = take(stream, 1)
        assert following["seq"] == len(whole) + 1
        assert (following["kind"], following["subject"]) == ("cluster.created", f"cluster/{id}")
    api.down(id)


def test_a_stream_resumes_after_the_last_event_seen(api, gone):
    whole = api.events()
    for last in (0, 1, len(whole) // 2, len(whole) - 1):
        with api.sse(last_id=last) as stream:
            assert take(stream, len(whole) - last) == whole[last:]
    with api.sse(since=0, last_id=3) as stream:  # the header outweighs
        assert take(stream, 1)[0]["seq"] == 4


def test_a_stream_of_one_subject(api, gone):
    subject = f"cluster/{gone['id']}"
    mine = api.events(subject=subject)
    with api.sse(since=0, subject=subject) as stream:
        assert take(stream, len(mine)) == mine


def test_a_silent_stream_has_a_heartbeat(api, gone):
    with api.sse(since=api.events()[-1]["seq"], timeout=30) as stream:
        id, kind, comment = next(sse_events(stream))
        assert id is None and comment


def test_streams_are_let_go_when_their_clients_leave(daemon, gone):
    before = len(daemon.descriptors())
    streams = [daemon.api.sse(since=0) for _ in range(40)]
    for stream in streams:
        take(stream, 3)
    assert len(daemon.descriptors()) >= before + 40
    for stream in streams:
        stream.close()
    host.wait_until(lambda: len(daemon.descriptors()) <= before + 1, "the streams' descriptors")
    assert 'benchd_http_streams 0' in daemon.api.get("/metrics").body.decode()


def test_a_reader_that_does_not_read_holds_up_nobody(daemon, gone):
    """Many streams that nobody reads, and a log that goes on."""
    api = daemon.api
    lazy = [api.sse(since=0) for _ in range(10)]
    last = api.events()[-1]["seq"]
    id = api.create(node=SMALL)["id"]
    api.down(id)
    assert len(api.events(since=last)) >= 5
    for stream in lazy:
        stream.close()


def test_all_streams_see_the_same_while_many_things_happen(make_daemon):
    daemon = make_daemon(empty=True).start()
    api, rounds = daemon.api, 30
    seen = [[] for _ in range(8)]

    def follow(out):
        with api.sse(since=0) as stream:
            for _, _, data in sse_events(stream):
                if data and isinstance(data, dict):
                    out.append(data)
                    if data["kind"] == "image.deleted" and data["data"].get("name") == "last":
                        return

    threads = [threading.Thread(target=follow, args=(out,)) for out in seen]
    for thread in threads:
        thread.start()
    for i in range(rounds):
        name = "last" if i == rounds - 1 else f"i{i}"
        data = tiny.archive(tiny.entries(b"%d" % i), name=name)
        assert api.request("POST", "/v1/images/import", data, FILE).status == 201
        assert api.delete(f"/v1/images/{name}").status == 204
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    whole = api.events()
    for out in seen:
        assert out == whole[: len(out)] and len(out) >= 3 * rounds


def test_numbers_go_on_over_restarts_and_a_client_that_comes_back_misses_nothing(make_daemon):
    daemon = make_daemon(empty=True).start()
    api, seen = daemon.api, []
    for i in range(4):
        with api.sse(last_id=seen[-1]["seq"] if seen else 0) as stream:
            data = tiny.archive(tiny.entries(b"%d" % i), name=f"r{i}")
            assert api.request("POST", "/v1/images/import", data, FILE).status == 201
            for _, _, event in sse_events(stream):
                if isinstance(event, dict):
                    seen.append(event)
                    if event["kind"] == "image.ready" and event["data"]["name"] == f"r{i}":
                        break
        if i % 2:
            daemon.kill()
            daemon.start()
        else:
            daemon.restart()
    whole = api.events()
    assert seen == whole[: len(seen)]
    assert [e["seq"] for e in whole] == list(range(1, len(whole) + 1))


def test_a_stream_ends_orderly_when_the_daemon_does(make_daemon):
    daemon = make_daemon(empty=True).start()
    stream = daemon.api.sse(since=0)
    daemon.stop()
    assert list(stream.lines()) is not None  # to its end, without an error
    stream.close()
