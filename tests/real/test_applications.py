"""GROMACS, LAMMPS and OpenFOAM, from an image that has their packages: on one node and on two, by the
scheduler's own launcher. Each says itself whether what it computed is right."""
import pytest

from campaigns import EMPTY, Campaigns, design
from conftest import CACHE, IMAGE, Images
from daemon import Daemon

NODE = {"cpus": 1, "schedulerCpus": 1, "memory": "1GiB"}
# What is measured, and how much of it: seconds, on two CPUs.
APPLICATIONS = {
    "gromacs": ({"steps": 500}, "performance", "ns/day"),
    "lammps": ({"steps": 200}, "timesteps", "timesteps/s"),
    "openfoam": ({"cells": 40}, "step", "s/step"),
}


@pytest.fixture(scope="module")
def applications(host_after_file):
    images = Images(CACHE / "applications", {"recipe": IMAGE, "workloads": list(APPLICATIONS)})
    images.prepare()  # takes minutes
    daemon = Daemon(image_dir=images.dir, database=images.database, quiet_cpus=1, quiet_wait="2min").start()
    try:
        yield Campaigns(daemon.api)
    finally:
        daemon.clean_up()


def spec(name, nodes=(1, 2), **workload):
    return {
        "name": name,
        "cluster": {"image": IMAGE, "compute": max(nodes), "node": NODE},
        "workload": {"name": name, **workload},
        "factors": {"workload.nodes": list(nodes)},
        "design": design(),
        "admission": {"oversubscribe": True},
        "limits": {"runTimeout": "30min"},
    }


@pytest.mark.parametrize("name", APPLICATIONS)
def test_it_runs_on_slurm_and_is_right(applications, name):
    parameters, figure, unit = APPLICATIONS[name]
    _, runs = applications.done(spec(name, **parameters), patience=1800)
    declared = applications.api.get(f"/v1/workloads/{name}").json["metrics"]
    for run in runs:
        assert run["residue"] == EMPTY and run["grade"]["value"] != "invalid", run
        metrics, checks = run["metrics"], run["conditions"]["checks"]
        assert {m for m in declared if not m.startswith("scheduler_")} <= set(metrics)
        assert metrics[figure]["value"] > 0 and (metrics[figure]["unit"], metrics[figure]["n"]) == (unit, 1)
        assert metrics[figure]["kind"] == declared[figure]["kind"]
        assert checks and all(check["holds"] and check["n"] > 0 for check in checks), checks
        print(name, run["cell"], {m: metrics[m]["value"] for m in (*declared, "elapsed") if m in metrics})

