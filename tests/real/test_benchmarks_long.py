"""Every benchmark that comes with benchd, on Slurm: in an image that is built by need."""
import statistics

import pytest

from campaigns import AT_ONCE, design, words_of
from conftest import CACHE, IMAGE, Images

LOOK_AT_HOST_ONCE = True
DAEMON = AT_ONCE
RECIPE = "debian-bookworm-nonfree"
FREE, NONFREE = ["fio", "hpcc", "iperf3", "mpi"], ["iozone", "netperf"]


def cluster(compute, image):
    """Two nodes have a whole CPU each, since MPI polls; the controller does next to nothing meanwhile."""
    node = {"cpus": 1 if compute == 2 else 0.4, "schedulerCpus": 1, "memory": "512MiB"}
    return {"compute": compute, "node": node, "image": image["name"]}


class Needed(Images):
    """The image, and which workloads it has what they need for."""

    def __init__(self):
        super().__init__(CACHE / "benchmarks", {"recipe": RECIPE, "workloads": FREE + NONFREE})

    def prepare(self):
        try:
            super().prepare()
        except AssertionError as fault:
            if "has no package" not in str(fault):
                raise
            self.wanted = {"recipe": IMAGE, "workloads": FREE}  # this host's archives have no non-free
            super().prepare()


@pytest.fixture(scope="session")
def images():
    images = Needed()
    images.prepare()
    return images


@pytest.fixture(scope="module")
def image(api):
    return api.get("/v1/images?state=ready").json["items"][0]  # the newest


@pytest.fixture
def measure(api, campaigns, image):
    """measure(NAME, nodes=N, ...): the median of each metric, where every run is right."""

    def run(name, compute=2, runs=3, **workload):
        if name not in image["workloads"]:
            pytest.skip(f"{name}: this host's archives have no package of it (Debian's component non-free)")
        spec = {"name": name, "limits": {"quietWait": "0s"}, "design": design(blocks=runs),
                "cluster": cluster(compute, image), "admission": {"oversubscribe": True},
                "workload": {"name": name, **workload}}
        assert not [w for w in campaigns.plan(spec)["warnings"] if "lacks" in w]
        campaign, done = campaigns.done(spec, patience=1200)
        assert all(r["grade"]["value"] != "invalid" for r in done), [r["grade"] for r in done]
        wanted = api.get(f"/v1/workloads/{name}").json["metrics"]
        told = {}
        for metric in wanted:
            values = [r["metrics"][metric]["value"] for r in done if metric in r["metrics"]]
            if not metric.startswith("scheduler_"):
                assert len(values) == runs, (metric, values)
                told[metric] = statistics.median(values)
                print(f"{name} {workload} {metric}: {told[metric]:.4g} {wanted[metric]['unit']} "
                      f"({min(values):.4g} to {max(values):.4g}, n {runs})")
        checks = [c for r in done for c in r["conditions"]["checks"]]
        assert checks and all(c["holds"] for c in checks)
        return told

    return run


def test_the_image_tells_what_it_is_for(api, image):
    manifest = api.get(f"/v1/images/{image['id']}/manifest").json
    assert manifest["workloads"] == image["workloads"] != []
    assert image["name"].startswith(image["recipe"] + "-") and manifest["recipe"]["name"] == image["recipe"]
    have = {p["name"] for p in manifest["packages"]}
    for name in image["workloads"]:
        assert set(api.get(f"/v1/workloads/{name}").json["needs"]["packages"]) <= have, name


def test_hpcc_sized_by_the_nodes_memory(measure):
    told = measure("hpcc", memoryShare=0.02)
    assert all(told[m] > 0 for m in ("hpl", "dgemm", "stream_triad", "ptrans", "random_access", "fft", "latency"))


@pytest.mark.parametrize("compute,iterations", [(2, 1000), (4, 100)])
def test_mpi(measure, compute, iterations):
    """Four nodes have less than a CPU each: there a message waits for the receiver's share."""
    told = measure("mpi", compute=compute, nodes=compute, iterations=iterations)
    assert all(value > 0 for value in told.values())


@pytest.mark.parametrize("directory", ["/var/tmp", "/shared"])
@pytest.mark.parametrize("name", ["fio", "iozone"])
def test_files(measure, name, directory):
    told = measure(name, directory=directory)
    assert all(value > 0 for value in told.values())


@pytest.mark.parametrize("compute", [2, 4])
def test_iperf3(measure, compute):
    assert measure("iperf3", compute=compute, nodes=compute, seconds=2)["throughput"] > 1e6


def test_netperf(measure):
    told = measure("netperf", seconds=2)
    assert told["tcp_stream"] > 1 and told["tcp_rr"] > 1 and told["udp_rr"] > 1


def test_what_goes_wrong_is_told_with_the_last_lines(campaigns, image):
    """A directory that can't be made."""
    spec = {"name": "fails", "limits": {"quietWait": "0s"}, "design": design(),
            "cluster": cluster(2, image), "admission": {"oversubscribe": True},
            "workload": {"name": "fio", "directory": "/proc"}}
    (run,) = campaigns.failed(spec)
    assert run["error"]["step"] == "workload" and run["metrics"] == {}
    assert "mktemp: failed to create directory" in words_of(run["error"])
