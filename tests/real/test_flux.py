"""Flux on real nodes: a layer of an image, clusters with each of its schedulers, jobs, streams, no residue. Where
Flux is comes from BENCHD_FLUX_PREFIX (/opt/flux): flux-core, and flux-sched in the same prefix for Fluxion."""
import contextlib
import json
import shutil

import pytest

import flux_image
from campaigns import AT_ONCE, EMPTY, Campaigns, design
from conftest import SMALL
from daemon import RECIPES, Daemon
from flux_image import IMAGE, PACKAGES, PREFIX
from streams import START, Files, beside_lateness, constant, crowded, expand, hold_crowds, rows, stream

FLUXION = {"scheduler": "fluxion", "queue-policy": "easy", "queue-depth": 64}

pytestmark = pytest.mark.skipif(not flux_image.there(), reason=f"no Flux in {PREFIX} (BENCHD_FLUX_PREFIX)")
has_fluxion = pytest.mark.skipif(not flux_image.fluxion_there(), reason=f"no Fluxion (flux-sched) in {PREFIX}")


def build(daemon, *more, **how):
    return flux_image.build(daemon.socket, *more, **how)


BARE = """apiVersion: benchd/v1
kind: debian
name: bare
title: little more than a Python
suite: bookworm
components: [main]
mirror: host
space: 300MiB
sourceDateEpoch: 1700000000
packages: [python3]
"""


@pytest.fixture(scope="module")
def daemon(host_after_file, images, tmp_path_factory):
    """A daemon with the image; both go with the file."""
    recipes = tmp_path_factory.mktemp("recipes")
    shutil.copytree(RECIPES, recipes, dirs_exist_ok=True)
    (recipes / "bare.yaml").write_text(BARE)
    daemon = Daemon(database=images.database, image_dir=images.dir, recipe_dir=recipes, **AT_ONCE).start()
    try:
        build(daemon)
        yield daemon
    finally:
        daemon.api.delete(f"/v1/images/{IMAGE}")
        daemon.clean_up()


def flux(under=None, **options):
    return {"name": "flux", "options": options} | ({"under": under} if under else {})


@contextlib.contextmanager
def up(api, compute=4, **options):
    """A cluster that is ready, and goes whatever is found of it: campaigns wait for what others leave up."""
    cluster = api.up(image=IMAGE, compute=compute, node=SMALL, scheduler=flux(**options))
    print(f"{options}: {cluster['timings']}")
    try:
        yield cluster
    finally:
        api.down(cluster["id"])


def on_flux(spec, compute=2, **options):
    spec["cluster"] |= {"image": IMAGE, "compute": compute, "scheduler": flux(**options), "node": SMALL}
    return spec


# -- the image --

def test_the_layer_is_in_the_manifest(daemon):
    manifest = daemon.api.get(f"/v1/images/{IMAGE}/manifest").json
    (layer,) = manifest["layers"]
    core = (PREFIX / "lib/pkgconfig/flux-core.pc").read_text()
    assert layer["name"] == "flux" and layer["prefix"] == str(PREFIX)
    assert f"Version: {layer['version']}\n" in core
    assert daemon.api.get(f"/v1/inputs/{layer['digest']}").json["name"] == "flux"
    assert manifest["name"] == IMAGE and {p["name"] for p in manifest["packages"]} >= set(PACKAGES)


def test_the_same_layer_is_the_same_image(daemon):
    """However often it is packed."""
    assert build(daemon) == daemon.api.get(f"/v1/images/{IMAGE}").json["id"]


def test_what_is_missing_is_told_by_name(daemon):
    said = build(daemon, recipe="bare", packages=[], code=6)
    assert "libarchive.so.13 (Debian: libarchive13)" in said and "libzmq.so.5 (Debian: libzmq5)" in said
    assert "--package" in said
    daemon.api.delete("/v1/images/" + daemon.api.get("/v1/images?name=bare-flux").json["items"][0]["id"])


def test_an_image_without_flux_is_refused(daemon):
    failed = daemon.api.wait_state(daemon.api.create(node=SMALL, scheduler=flux())["id"], "failed")
    assert failed["error"]["step"] == "image" and failed["error"]["type"] == "unsupported"
    assert "has no Flux" in failed["error"]["detail"] and failed["residue"]["empty"]


def test_options_that_are_not_flux_s(daemon):
    reply = daemon.api.post("/v1/clusters", {"scheduler": flux(scheduler="fluxion", **{"queue-depht": 3})})
    assert reply.status == 422
    (fault,) = reply.json["faults"]
    assert fault["pointer"] == "/scheduler/options/queue-depht" and "queue-depth" in fault["expected"]


# -- clusters --

CERTIFICATES = set()  # of the clusters that there were


def hold_certificate(api, id):
    """Which only root can read, and no other cluster has."""
    path = "/etc/flux/system/curve.cert"
    (certificate,) = {api.run(id, "cat", path, node=node).text for node in ("ctl1", "n1", "n4")}
    assert "curve" in certificate and certificate not in CERTIFICATES
    CERTIFICATES.add(certificate)
    assert api.run(id, "stat", "-c", "%a %U", path, node="n1").text == "400 root\n"


def hold_cluster(api, cluster, scheduler):
    """All of it is Flux's, and it does what it is asked for."""
    id = cluster["id"]
    assert cluster["scheduler"]["version"].startswith("flux-core 0.")
    unit = "slurmd" if "under" in cluster["spec"]["scheduler"] else "flux"
    for node in ("ctl1", "n1", "n4"):
        assert api.run(id, "systemctl", "is-active", unit, node=node).text == "active\n"
    modules = api.run(id, "flux", "module", "list").text
    assert scheduler in modules and modules.count("sched-") == (3 if "fluxion" in scheduler else 1), modules
    said = api.run(id, "flux", "run", "-N4", "hostname")
    assert sorted(said.text.split()) == ["n1", "n2", "n3", "n4"]
    assert api.run(id, "flux", "run", "-N1", "sh", "-c", "exit 3").code == 3
    assert api.run(id, "flux", "run", "-t", "1s", "sleep", "60").code == 128 + 14, "its time is up"
    # As many as a node is said to have, and none on the controller.
    free = api.run(id, "flux", "resource", "list", "-s", "free", "-no", "{nnodes} {ncores} {nodelist}").text
    assert free == "4 4 n[1-4]\n"


@pytest.mark.parametrize("scheduler", ["sched-simple", "sched-backfill"])
def test_a_cluster_of_each_scheduler_of_core(daemon, scheduler):
    with up(daemon.api, scheduler=scheduler) as cluster:
        hold_cluster(daemon.api, cluster, scheduler)
        hold_certificate(daemon.api, cluster["id"])


@has_fluxion
def test_a_cluster_of_fluxion(daemon):
    with up(daemon.api, **FLUXION) as cluster:
        hold_cluster(daemon.api, cluster, "sched-fluxion-qmanager")
        hold_certificate(daemon.api, cluster["id"])
        conf = json.loads(daemon.api.run(cluster["id"], "flux", "config", "get").text)
    assert conf["sched-fluxion-qmanager"]["queue-policy"] == "easy"
    assert conf["sched-fluxion-qmanager"]["queue-params"]["queue-depth"] == 64


def test_an_instance_that_is_one_job_of_slurm_s(daemon):
    """Over all nodes: the first broker is the controller's, as without Slurm. One that ends is started again."""
    with up(daemon.api, under="slurm") as cluster:
        hold_cluster(daemon.api, cluster, "sched-simple")
        id = cluster["id"]
        assert " in a job of slurm" in cluster["scheduler"]["version"]
        job = daemon.api.run(id, "squeue", "-h", "-o", "%i %j %T %D %N").text
        assert job == "1 flux RUNNING 5 ctl1,n[1-4]\n"
        assert daemon.api.run(id, "flux", "getattr", "hostlist").text == "ctl1,n[1-4]\n"
        # Each directly below the first, whose answer to 'who is below you' is all of them.
        assert len(daemon.api.run(id, "flux", "overlay", "status", "--no-pretty").text.splitlines()) == 5
        daemon.api.run(id, "scancel", "1")
        again = ("until squeue -h -o '%i %T' | grep -qx '2 RUNNING'; do sleep 0.2; done\n"
                 "until flux resource list -s free -no '{nnodes}' 2>/dev/null | grep -qx 4; do sleep 0.2; done\n"
                 "echo again")
        assert daemon.api.run(id, "timeout", "60", "sh", "-c", again).text == "again\n"


# -- runs --

def test_a_command_over_all_nodes(daemon):
    campaigns = Campaigns(daemon.api)
    spec = on_flux({"name": "command", "cluster": {}, "design": design(),
                    "workload": {"name": "command", "command": ["hostname"], "nodes": 2}})
    _, (run,) = campaigns.done(spec)
    assert sorted(campaigns.artifact(run["id"], "stdout").split()) == ["n1", "n2"]
    assert run["residue"] == EMPTY and run["warnings"] == []


@pytest.mark.parametrize("under", ["none", "slurm"])
def test_mpi_finds_its_processes_by_flux_s_own_pmi(daemon, under):
    """Of Slurm's there is nothing in a job's environment, though its brokers have it."""
    spec = on_flux(stream(2, payload="barrier", size={"constant": 2}, runtime=constant("300ms"),
                          requested={"factor": 100}), under=under)
    campaigns = Campaigns(daemon.api)
    _, (run,) = campaigns.done(spec)
    assert [r["outcome"] for r in rows(campaigns, run["id"])] == ["completed"] * 2


def eventlogs(campaigns, run):
    """The jobs that Flux has written down, by their numbers."""
    jobs = [json.loads(line) for line in campaigns.artifact(run, "ctl1-eventlogs").splitlines()]
    return {job["id"]: job for job in jobs}


UNDER_SLURM = ("flux.service", "slurmctld.service", "slurmd.service")


def hold_stream(campaigns, run, units=("flux.service",)):
    """What the driver saw is what Flux wrote down. The first broker is of the last unit."""
    run = campaigns.run(run["id"])
    told, theirs = rows(campaigns, run["id"]), eventlogs(campaigns, run["id"])
    assert {r["outcome"] for r in told} == {"completed"}
    assert run["residue"] == EMPTY and beside_lateness(run["grade"]["reasons"]) == [], run["grade"]
    records = run["conditions"]["records"]
    assert (records["onlyOurs"], records["onlyScheduler"], records["disagree"]) == (0, 0, 0), records
    for row in told:
        job = theirs.pop(row["jobId"])
        assert job["name"] == f"bd-{row['index']}"
        assert {"submit", "alloc", "start", "finish", "free", "clean"} <= {e["name"] for e in job["events"]}
        (nodes,) = job["R"]["execution"]["nodelist"]
        assert expand(nodes) == row["nodeList"]
        points = [row[n] for n in ("submitNs", "eligibleNs", "allocatedNs", "startedFirstNs", "endedLastNs", "freedNs")]
        assert points == sorted(points), row
    assert [job["name"] for job in theirs.values()] == ["benchd"], "the warm-up's"
    daemons = run["conditions"]["scheduler"]
    assert [daemon["unit"] for daemon in daemons] == list(units)
    assert daemons[-1]["cpuSeconds"] > 0, daemons
    return told


def test_a_stream(daemon):
    campaigns = Campaigns(daemon.api)
    spec = on_flux(stream(
        20, size={"choice": [1, 1, 2]}, runtime={"distribution": "uniform", "min": "20ms", "max": "300ms"},
        priorities=[0, 0, 5], dependencies={"share": 0.3}, design=design(seed=5)))
    _, (run,) = campaigns.done(spec)
    told, files = hold_stream(campaigns, run), Files(campaigns, run["id"])
    assert told == files.rows() and len(told) == 20
    ends = {r["index"]: r["endedLastNs"] for r in told}
    followers = [job for job in files.jobs if job.after >= 0]
    assert followers
    for job in followers:
        assert told[job.index]["startedFirstNs"] > ends[job.after], job
    urgencies = {e["context"]["urgency"] for job in eventlogs(campaigns, run["id"]).values()
                 for e in job["events"] if e["name"] == "submit" and job["name"] != "benchd"}
    assert len(urgencies) == 2, "of two priorities"


def hold_cores(campaigns, run):
    """Flux gave each job what its jobspec has, on each node."""
    theirs = eventlogs(campaigns, run["id"])
    for row in rows(campaigns, run["id"]):
        wanted = 4 if row["exclusive"] else row["coresPerTask"] * row["tasksPerNode"]
        for lite in theirs[row["jobId"]]["R"]["execution"]["R_lite"]:
            assert len(expand(f"c[{lite['children']['core']}]")) == wanted, (row, lite)


@pytest.mark.parametrize("options", [{}, pytest.param(FLUXION, marks=has_fluxion)])
def test_jobs_share_nodes_by_their_cores(daemon, options):
    """Where they say so, and else no job has company."""
    campaigns = Campaigns(daemon.api)
    spec = on_flux(crowded(), **options)
    spec["cluster"]["node"] = SMALL | {"schedulerCpus": 4}
    _, runs = campaigns.done(spec, patience=240)
    for run in runs:
        hold_stream(campaigns, run)
        hold_cores(campaigns, run)
    hold_crowds(campaigns, runs)


def test_several_tasks_on_a_node(daemon):
    campaigns = Campaigns(daemon.api)
    spec = on_flux(stream(4, size={"constant": 2}, tasksPerNode=2, coresPerTask=2, runtime=constant("300ms"),
                          arrays={"share": 0.5, "tasks": 2}, dependencies={"share": 0.5}, design=design(seed=2)))
    spec["cluster"]["node"] = SMALL | {"schedulerCpus": 4}
    _, (run,) = campaigns.done(spec)
    told, files = hold_stream(campaigns, run), Files(campaigns, run["id"])
    assert told == files.rows() and {j.tasks for j in files.jobs} == {1, 2}
    assert all(len(files.of(START, row["index"], row["task"])) == 4 for row in told)
    hold_cores(campaigns, run)


def test_memory_is_refused_when_it_is_planned(daemon):
    """Flux does not know of it."""
    reply = daemon.api.post("/v1/plans", on_flux(stream(5, memory="64MiB")))
    assert reply.status == 422, reply
    (fault,) = reply.json["faults"]
    assert fault["pointer"] == "/workload/memory" and "flux" in fault["expected"]


@has_fluxion
def test_both_modules_in_one_campaign(daemon):
    """The scheduler is the factor: the same stream for both."""
    campaigns = Campaigns(daemon.api)
    spec = on_flux(stream(20, size={"choice": [1, 1, 2]}, runtime=constant("100ms"), arrays={"share": 0.2, "tasks": 2},
                          design=design(order="as-written", seed=3)))
    spec["factors"] = {"cluster.scheduler.options.scheduler": ["sched-simple", "fluxion"]}
    _, runs = campaigns.done(spec)
    assert len(runs) == 2
    for run in runs:
        hold_stream(campaigns, run)
        print(run["cell"], campaigns.run(run["id"])["conditions"]["scheduler"])


def test_the_same_stream_with_and_without_slurm_below(daemon):
    """What starts Flux is the factor."""
    campaigns = Campaigns(daemon.api)
    spec = on_flux(stream(20, size={"choice": [1, 1, 2]}, runtime=constant("100ms"),
                          design=design(order="as-written", seed=3)))
    spec["factors"] = {"cluster.scheduler.under": ["none", "slurm"]}
    _, (alone, under) = campaigns.done(spec)
    hold_stream(campaigns, alone)
    hold_stream(campaigns, under, units=UNDER_SLURM)
    told = [campaigns.run(run["id"])["conditions"] for run in (alone, under)]
    assert [c["profile"] for c in told] == [{"name": "default"}, {"name": "default", "under": "slurm"}]
    print([(c["scheduler"], c["profile"]) for c in told])
    kept = campaigns.artifacts(under["id"])
    assert {"ctl1-flux.log", "ctl1-slurmctld.log", "ctl1-slurmd.log"} <= set(kept)
    (job,) = campaigns.artifact(under["id"], "scontrol-jobs.txt").splitlines()
    assert "JobName=flux " in job and " JobState=RUNNING " in job and " NodeList=ctl1,n[1-2] " in job


def test_what_can_t_be_a_job_of_slurm_s_is_refused(daemon):
    spec = on_flux(stream(5))
    spec["factors"] = {"cluster.scheduler": [{"name": name, "under": "slurm"} for name in ("slurm", "null", "flux")]}
    reply = daemon.api.post("/v1/plans", spec)
    assert reply.status == 422, reply
    told = [(f["pointer"], f["expected"]) for f in reply.json["faults"]]
    assert told == [(f"/factors/cluster.scheduler/{i}",
                     f"at /cluster/scheduler/under: none: {name} can't be started as a job of Slurm's")
                    for i, name in enumerate(("slurm", "null"))]


@has_fluxion
@pytest.mark.parametrize("under", [None, "slurm"])
def test_fair_is_backfill_over_all_of_the_queue(daemon, under):
    campaigns = Campaigns(daemon.api)
    spec = on_flux(stream(10, size={"choice": [1, 2]}, runtime=constant("100ms"), design=design(seed=9)))
    beneath = {"under": under} if under else {}
    spec["cluster"]["scheduler"] = {"name": "flux", "profile": "fair"} | beneath
    _, (run,) = campaigns.done(spec)
    hold_stream(campaigns, run, units=UNDER_SLURM if under else ("flux.service",))
    assert campaigns.run(run["id"])["conditions"]["profile"] == {"name": "fair", "policy": "backfill"} | beneath
    queue = json.loads(campaigns.artifact(run["id"], "flux-config.json"))["sched-fluxion-qmanager"]
    assert queue["queue-policy"] == "easy" and queue["queue-params"]["queue-depth"] == 1000000, queue


def test_users_are_refused_when_it_is_planned(daemon):
    """There is one here, root: a stream of several users' jobs would not be one."""
    reply = daemon.api.post("/v1/plans", on_flux(stream(5, users=2)))
    assert reply.status == 422, reply
    (fault,) = reply.json["faults"]
    assert fault["pointer"] == "/workload/users" and "flux" in fault["expected"]


def test_priorities_that_flux_has_not_are_refused(daemon):
    reply = daemon.api.post("/v1/plans", on_flux(stream(5, priorities=[0, 15])))
    assert reply.status == 422, reply
    (fault,) = reply.json["faults"]
    assert fault["pointer"] == "/workload/priorities/1" and "from -14 to 14" in fault["expected"]
