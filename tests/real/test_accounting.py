"""Accounting by slurmdbd: a cluster with a database of its own, from an image that has one."""
import pytest

import host
from campaigns import EMPTY, Campaigns, design
from conftest import SMALL
from daemon import Daemon

IMAGE = "debian-bookworm-accounting"
ACCOUNTING = {"accounting": "slurmdbd"}
# As the adapter asks: of all days, and of all users.
SACCT = ["sacct", "--allusers", "--starttime=2000-01-01", "--parsable2", "--noheader", "--format"]
# What Slurm says of each first start, which has no state to go on from.
FIRST_START = ("state file", "Information may be lost", "Jobs may be lost", "Reservations may be lost",
               "Triggers may be lost", "Zero Bytes were transmitted")


def build(api, **how):
    reply = api.post("/v1/images", {"recipe": IMAGE, **how})
    assert reply.status == 202, reply
    image = api.wait_for(
        f"/v1/images/{reply.json['id']}", lambda i: i["state"] != "building", patience=900
    )
    assert image["state"] == "ready", image
    return image


@pytest.fixture(scope="module")
def accounting(host_after_file):
    """A daemon with the image; both go with the file."""
    daemon = Daemon(quiet_cpus=1, quiet_wait="0s").start()
    try:
        build(daemon.api)
        yield daemon.api
    finally:
        daemon.clean_up()


def accounted(api, id, fields):
    """A line a job, once slurmctld has told slurmdbd of its end; it does so every few seconds."""

    def lines():
        said = api.run(id, *SACCT, fields, "--allocations")
        assert said.code == 0, said
        return said.text.splitlines() if said.text and "Unknown" not in said.text else None

    return host.wait_until(lines, "jobs in the database", patience=30)


def test_the_default_image_is_refused_by_what_it_lacks(api):
    failed = api.wait_state(api.create(node=SMALL, scheduler=ACCOUNTING)["id"], "failed")
    assert failed["error"]["step"] == "image" and failed["error"]["type"] == "unsupported"
    assert "/usr/sbin/slurmdbd" in failed["error"]["detail"]
    assert IMAGE in failed["error"]["detail"], "what to do"
    assert failed["residue"]["empty"]


def test_the_same_image_again(accounting):
    """No database, no key, no time of the build is in it."""
    have = accounting.get(f"/v1/images/{IMAGE}").json
    again = build(accounting, rebuild=True)
    assert again["id"] != have["id"] and again["digest"] == have["digest"]


def test_jobs_are_in_the_database(accounting):
    api = accounting
    cluster = api.up(image=IMAGE, compute=2, node=SMALL, scheduler=ACCOUNTING)
    id = cluster["id"]
    print(f"timings {cluster['timings']}")
    assert cluster["spec"]["scheduler"]["accounting"] == "slurmdbd"
    assert api.run(id, "srun", "-N2", "--job-name=both", "true").code == 0
    assert api.run(id, "srun", "--job-name=bad", "sh", "-c", "exit 3").code == 3
    lines = accounted(api, id, "JobID,JobName,State,NNodes,NodeList,ExitCode,End")
    assert [line.rpartition("|")[0] for line in lines] == [
        "1|both|COMPLETED|2|n[1-2]|0:0", "2|bad|FAILED|1|n1|3:0"
    ]
    # By itself, and nothing goes wrong on the way.
    assert api.run(id, "sacctmgr", "-n", "-P", "show", "cluster", "format=cluster").text == f"bd{id}\n"
    log = api.run(id, "cat", "/var/log/slurm/slurmctld.log").text
    errors = [line for line in log.splitlines() if " error: " in line or " fatal: " in line]
    assert [e for e in errors if not any(words in e for words in FIRST_START)] == []
    # From any node; and who is not Slurm's user has no way to the database.
    assert "both" in api.run(id, *SACCT, "JobName", node="n1").text
    listening = api.run(id, "cat", "/proc/net/tcp", "/proc/net/tcp6").text
    assert ":1AA3 " in listening and ":0CEA " not in listening, "slurmdbd's port, not MariaDB's"
    assert api.run(id, "setpriv", "--reuid=65534", "mariadb", "-e", "select 1").code != 0
    api.down(id)


def test_a_cluster_without_it_runs_nothing_of_it(accounting):
    """From the same image: the difference is the factor."""
    id = accounting.up(image=IMAGE, node=SMALL)["id"]
    states = accounting.run(id, "systemctl", "is-active", "slurmctld", "slurmdbd", "mariadb").text
    assert states.split() == ["active", "inactive", "inactive"]
    accounting.down(id)


def test_a_database_without_room_is_told_at_once(accounting):
    spec = {"image": IMAGE, "node": SMALL | {"memory": "64MiB"}, "scheduler": ACCOUNTING}
    failed = accounting.wait_state(accounting.create(**spec)["id"], "failed", patience=40)
    assert failed["error"]["step"] == "ready" and failed["error"]["type"] == "child"
    assert "mariadbd on ctl1 ends whenever" in failed["error"]["detail"]
    assert "node.memory" in failed["error"]["detail"]
    assert failed["residue"]["empty"]


def test_a_stream_is_kept_with_and_without(accounting):
    campaigns = Campaigns(accounting)
    spec = {
        "name": "accounting",
        "cluster": {"image": IMAGE, "compute": 2, "node": SMALL},
        "workload": {"name": "jobstream", "jobs": 20, "arrival": {"process": "uniform", "rate": "10/s"},
                     "runtime": {"distribution": "constant", "value": "100ms"}},
        "factors": {"cluster.scheduler.accounting": ["none", "slurmdbd"]},
        "design": design(),
    }
    _, runs = campaigns.done(spec, patience=240)
    for run in runs:
        assert run["residue"] == EMPTY and run["state"] == "done", run
        kept = campaigns.artifacts(run["id"])
        on = run["cell"]["cluster.scheduler.accounting"] == "slurmdbd"
        assert ("sacct.txt" in kept, "ctl1-slurmdbd.log" in kept) == (on, on), kept
        assert run["warnings"] == []
        units = [d["unit"] for d in run["conditions"]["scheduler"]]
        assert units == ["slurmctld.service"] + ["slurmdbd.service", "mariadb.service"] * on
        if on:
            head, *lines = [line.split("|") for line in campaigns.artifact(run["id"], "sacct.txt").splitlines()]
            jobs = [dict(zip(head, line)) for line in lines]
            ended = [j for j in jobs if j["JobName"].startswith("bd-") and j["State"] == "COMPLETED"]
            assert len([j for j in ended if "." not in j["JobID"]]) == 20, jobs
        print(on, run["conditions"], run["timings"])
