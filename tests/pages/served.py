"""A benchd that serves a database as it is: nothing begins in it, and libvirt is not asked for."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parents[1] / "real"))

import seed
from daemon import Daemon
from host import ROOT  # of the sources

CAMPAIGN = {
    "name": "seeded", "cluster": {"compute": 4}, "admission": {"oversubscribe": True}, "workload": {"name": "command", "command": ["true"], "metrics": {
        "throughput": {"regex": "^rate ([0-9.]+)$", "unit": "1/s", "kind": "rate"}}},
    "design": {"repetitions": 10}, "factors": {"workload.env.LEVEL": ["low", "middle", "high"]},
    "objectives": [{"metric": "elapsed", "direction": "min"}, {"metric": "throughput", "direction": "max"}],
}


def bare(**flags):
    """A daemon in which nothing is, that runs."""
    return Daemon(libvirt_uri="test:///nowhere", quiet_cpus=0, quiet_wait="24h", **flags).start("/healthz")


def seeded(spec=None, **flags):
    """(daemon, rows): stopped, with one campaign of which nothing is run."""
    daemon = bare(**flags)
    try:
        daemon.stop()
        seed.add_image(daemon.database, daemon.image_dir)
        daemon.start("/healthz")
        reply = daemon.api.post("/v1/campaigns", spec or CAMPAIGN)
        assert reply.status == 202, reply
        daemon.stop()
    except BaseException:
        daemon.clean_up()
        raise
    daemon.campaigns.clear()  # there is nothing to be ended
    return daemon, seed.Rows(daemon.database, reply.json["id"])
