"""A trace of 1,000 jobs and 100 minutes, replayed in a minute: on its schedule, or the run says that it is not."""
import random

from campaigns import Campaigns
from streams import LATE, Files
from test_jobstream import hold_lateness, hold_seen
from test_jobstream_long import LIMIT
from test_swf import add, line, text_of, trace

JOBS, SECONDS, SCALE = 1000, 6000, 0.01


def made_log():
    """Short and small jobs, as what is looked at is the driver; every tenth follows one before it."""
    draw = random.Random(1)
    moments = sorted([0, SECONDS, *(draw.randrange(SECONDS) for _ in range(JOBS - 2))])
    return [line(i + 1, at, draw.randrange(1, 5), draw.choice([1] * 9 + [2]), 60, draw.randrange(80),
                 i - 2 if i % 10 == 9 else -1) for i, at in enumerate(moments)]


def test_a_thousand_jobs_in_a_minute(make_daemon):
    daemon = make_daemon(quiet_cpus=0.25, quiet_wait="1min").start()
    campaigns = Campaigns(daemon.api)
    digest = add(daemon.api, text_of(made_log(), MaxProcs=3).encode())
    spec = trace(digest, compute=3, cpus=0.5, timeScale=SCALE)
    (planned,) = campaigns.plan(spec)["traces"]
    assert planned["users"] == {"logged": 80, "accounts": 64, "sharing": 32} and planned["spanSeconds"] == SECONDS * SCALE
    _, (run,) = campaigns.done(spec, patience=1800)
    run = campaigns.run(run["id"])
    told = hold_seen(campaigns, run)
    assert len(told) == JOBS and {r["outcome"] for r in told} == {"completed"}
    assert {r["user"] for r in told} == set(range(1, 65))
    driver = hold_lateness(run, Files(campaigns, run["id"]).jobs, told)
    print(f"{driver}, drained in {run['metrics']['makespan']['value']} s")
    assert driver["by"] == "p99"
    late = any(r.startswith(LATE) for r in run["grade"]["reasons"])
    assert late == (driver["lateness"] > LIMIT) and late == (run["grade"]["value"] == "invalid"), run["grade"]
