"""The network of a cluster as its spec has it: enforced in both directions, measured, and gone with the cluster."""
import concurrent.futures
import json
import re
import subprocess

import pytest

import host
from campaigns import AT_ONCE as DAEMON, EMPTY, NODE, design, spec

MBIT = 10**6
BYTES = 6 * 10**6
# TCP by the image's own Perl, so that benchd's word is not all there is: a node counts what comes in, another sends.
TAKE = """use IO::Socket; my $s = IO::Socket::INET->new(Listen => 1, LocalPort => 7001, ReuseAddr => 1) or die;
my $c = $s->accept; my $n = 0; while (my $got = sysread($c, my $b, 65536)) { $n += $got } print $c "$n\\n";"""
GIVE = """use IO::Socket; use Time::HiRes 'time'; my $c; for (1 .. 100) {
last if $c = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 7001); select(undef, undef, undef, 0.05) }
my $t = time; my $left = $ARGV[1]; my $b = 'x' x 65536; while ($left > 0) {
$left -= syswrite($c, $b, $left < 65536 ? $left : 65536) } shutdown($c, 1); my $n = <$c>; die if $n != $ARGV[1];
print time - $t;"""


def transfer(api, id, here, there, address):
    """Bits of TCP's payload a second."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        takes = pool.submit(api.run, id, "perl", "-e", TAKE, node=there)
        gives = api.run(id, "perl", "-e", GIVE, address, str(BYTES), node=here)
        assert takes.result().code == 0 and gives.code == 0, (takes.result(), gives)
    return BYTES * 8 / float(gives.text)


def links(id):
    """The cluster's, that there are now."""
    names = subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout
    return [n["ifname"] for n in json.loads(names) if n["ifname"].startswith((f"bd{id}-", f"bd-{id}"))]


def backs(id):
    """Those that shape what comes from nodes."""
    return [n for n in links(id) if n.startswith(f"bd{id}-b")]


def by(network):
    figures = network["figures"]
    assert "error" not in network and all(f["n"] > 0 for f in figures), network
    return {(f["name"], f["from"], f["to"]): f for f in figures}


RATES = {"100Mbit/s": 100 * MBIT, "1Gbit/s": 1000 * MBIT}


@pytest.fixture(scope="module")
def two(campaigns):
    """A factor: the same at two rates."""
    return campaigns.done({
        **spec("true", cluster={"compute": 2, "node": NODE}), "design": design(),
        "factors": {"cluster.network.bandwidth": list(RATES)}})


def test_rates_are_enforced_in_both_directions(campaigns, two):
    campaign, runs = two
    assert len(runs) == 2
    for run in runs:
        asked = RATES[run["cell"]["cluster.network.bandwidth"]]
        figures = by(campaigns.run(run["id"])["conditions"]["network"])
        assert set(figures) == {("bandwidth", "ctl1", "n2"), ("bandwidth", "n2", "ctl1")}
        for figure in figures.values():
            assert figure["unit"] == "bit/s" and figure["asked"] == asked
            assert abs(figure["measured"] - asked) <= 0.1 * asked and figure["holds"], figure
        assert not [r for r in run["grade"]["reasons"] if "network" in r]


def test_nothing_is_left_of_it(campaigns, two):
    for run in two[1]:
        assert run["residue"] == EMPTY and links(run["id"]) == []


def test_nodes_meet_the_rate_each_way(api):
    """Payload is 1448 of the 1514 bytes of a frame. A busy host takes some of it, but never gives more."""
    payload = 50 * MBIT * 1448 / 1514
    cluster = api.up(compute=1, node={"cpus": 0.5, "schedulerCpus": 1, "memory": "128MiB"},
                     network={"bandwidth": "50Mbit/s"})
    id = cluster["id"]
    figures = by(cluster["network"])
    assert set(figures) == {("bandwidth", "ctl1", "n1"), ("bandwidth", "n1", "ctl1")}
    assert all(f["asked"] == 50 * MBIT and f["measured"] > 0 for f in figures.values()), figures
    warned = [w for w in cluster["warnings"] if "network" in w]
    assert len(warned) == sum(not f["holds"] for f in figures.values()), (warned, figures)
    assert len(backs(id)) == 2
    address = {n["name"]: n["address"] for n in cluster["nodes"]}
    for here, there in (("ctl1", "n1"), ("n1", "ctl1")):
        rates = []
        while len(rates) < 3 and not any(r > 0.9 * payload for r in rates):
            rates.append(transfer(api, id, here, there, address[there]))
        assert 0.9 * payload < max(rates) < 1.1 * payload, rates
    api.down(id)
    assert links(id) == []


def test_a_rate_that_is_not_reached_limits_run_and_verdict(api, campaigns):
    """No host of these tests has CPUs for so much."""
    network = {"bandwidth": "100Gbit/s"}
    campaign, (run,) = campaigns.done({**spec("true", cluster={"compute": 1, "node": NODE, "network": network}),
                                       "design": design()})
    assert not all(f["holds"] for f in by(campaigns.run(run["id"])["conditions"]["network"]).values())
    words = re.compile(r"The network is not what was asked for: bandwidth from \w+ to \w+ is [0-9.]+ Mbit/s, [0-9.]+ % "
                       r"less than the 100000 Mbit/s that were asked for\.")
    assert run["grade"]["value"] == "limited" and any(words.match(r) for r in run["grade"]["reasons"]), run["grade"]
    verdict = api.get(f"/v1/campaigns/{campaign['id']}/analysis").json["verdict"]
    assert any(words.search(r) for r in verdict["reasons"]), verdict


@pytest.mark.parametrize("wanted", [True, False])
def test_killed_while_it_is_shaped(make_daemon, wanted):
    """It is measured just then. The next start shapes and measures anew, or takes all of it away."""
    daemon = make_daemon().start()
    api = daemon.api
    id = api.create(network={"bandwidth": "200Mbit/s"}, node=NODE)["id"]
    over = ("failing", "failed")
    host.wait_until(lambda: len(backs(id)) == 2 or api.cluster(id)["state"] in over, "links that are shaped")
    assert len(backs(id)) == 2, api.cluster(id)
    daemon.kill()
    daemon.start("/healthz")
    if wanted:
        cluster = api.wait_state(id, "ready")
        assert not [w for w in cluster["warnings"] if "not measured" in w] and len(backs(id)) == 2
        assert by(cluster["network"]) and cluster["network"] == api.cluster(id)["network"]
    api.down(id)
    assert links(id) == []


def shaping(api):
    this = api.get("/v1/hosts/local").json
    return {b["name"]: {s["name"]: s for s in b["shaping"]} for b in this["backends"]}, this["checks"]


def test_host_tells_what_it_can(api):
    told, checks = shaping(api)
    assert told["lxc"]["bandwidth"]["usable"] and "HTB" in told["lxc"]["bandwidth"]["by"]
    assert not any(s["usable"] for s in told["host"].values())
    summary = next(c["summary"] for c in checks if c["id"] == "network-shaping")
    for name, s in told["lxc"].items():
        assert f"{name}: {s['by'] or s['reason']}" in summary


@pytest.mark.parametrize("member, value, more", [("latency", "2ms", "3ms"), ("loss", 0.01, 0.02)])
def test_what_the_kernel_lacks_is_refused_by_name(api, member, value, more):
    if shaping(api)[0]["lxc"][member]["usable"]:
        pytest.skip("the kernel has netem")
    reply = api.post("/v1/clusters", {"network": {member: value}})
    assert reply.status == 422 and reply.pointers == [f"/network/{member}"], reply
    words = reply.json["faults"][0]["expected"]
    assert words.startswith(f"no {member}: this host's kernel has no netem") and "CONFIG_NET_SCH_NETEM" in words
    factor = f"cluster.network.{member}"
    plan = api.post("/v1/plans", {**spec("true"), "factors": {factor: [value, more]}})
    assert plan.status == 422 and plan.pointers == [f"/factors/{factor}/{i}" for i in (0, 1)], plan


def test_latency_and_loss_are_enforced_where_there_is_netem(api, campaigns):
    if not shaping(api)[0]["lxc"]["latency"]["usable"]:
        pytest.skip("the kernel has no netem")
    network = {"bandwidth": "100Mbit/s", "latency": "10ms", "jitter": "2ms", "loss": 0.02}
    _, (run,) = campaigns.done({**spec("true", cluster={"compute": 1, "node": NODE, "network": network}),
                                "design": design()})
    figures = by(campaigns.run(run["id"])["conditions"]["network"])
    assert len(figures) == 8 and all(f["holds"] for f in figures.values()), figures


def test_host_backend_has_no_links(api):
    reply = api.post("/v1/clusters", {"backend": "host", "network": {"bandwidth": "1Gbit/s"}})
    assert reply.status == 422 and reply.pointers == ["/network"], reply
