"""What takes long: many cycles, many nodes, whole images."""
import concurrent.futures
import statistics

import host
import tiny
from conftest import IMAGE, SMALL

FILE = {"Content-Type": "application/vnd.benchd.image"}
EIGHT = {"cpus": 0.1, "schedulerCpus": 1, "memory": "128MiB"}


def grown(values):
    """By how much the last fifth is above the second: the first is for caches to fill."""
    fifth = len(values) // 5
    return statistics.median(values[-fifth:]) - statistics.median(values[fifth : 2 * fifth])


def test_fifty_cycles_of_eight_nodes_leave_nothing_and_grow_nothing(make_daemon):
    daemon = make_daemon().start()
    api = daemon.api
    before = host.inventory()
    rss, descriptors, threads = [], [], []
    for cycle in range(50):
        id = api.up(name="cycle", compute=7, node=EIGHT)["id"]
        assert api.run(id, "srun", "-N7", "true").exit["code"] == 0
        api.down(id)
        rss.append(daemon.rss_bytes())
        descriptors.append(len(daemon.descriptors()))
        threads.append(daemon.threads())
    assert host.difference(before) == []
    print(f"VmRSS {rss}, descriptors {descriptors}, threads {threads}")
    assert grown(rss) < 2**20, rss
    assert grown(descriptors) <= 0, descriptors
    assert grown(threads) <= 0, threads


def test_a_hundred_and_twenty_eight_nodes_come_and_go(make_daemon):
    daemon = make_daemon(subnet_pool="10.215.0.0/16").start()
    api = daemon.api
    size = {"cpus": 0.05, "schedulerCpus": 1, "memory": "128MiB"}
    before = host.inventory()
    cluster = api.up(compute=127, node=size, admission={"oversubscribe": True})
    assert len(cluster["nodes"]) == 128
    names = api.run(cluster["id"], "srun", "-N127", "hostname").text.split()
    assert sorted(names) == sorted(f"n{i}" for i in range(1, 128))
    print(f"timings {cluster['timings']}, VmRSS {daemon.rss_bytes()}")
    gone = api.down(cluster["id"])
    print(f"timings {gone['timings']}")
    assert host.difference(before, patience=30) == []


def test_twelve_clusters_at_once(make_daemon):
    daemon = make_daemon().start()
    api = daemon.api
    before = host.inventory()
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        spec = {"node": EIGHT, "compute": 2, "admission": {"oversubscribe": True}}
        ups = list(pool.map(lambda i: api.up(name=f"c{i}", **spec), range(12)))
        assert len({c["subnet"] for c in ups}) == 12
        list(pool.map(lambda c: api.down(c["id"]), ups))
    assert host.difference(before) == []


def test_a_whole_image_goes_out_and_in_and_a_cluster_runs_from_it(daemon, make_daemon):
    exported = daemon.api.get(f"/v1/images/{IMAGE}/content")
    assert exported.status == 200
    other = make_daemon(empty=True).start()
    imported = other.api.request("POST", "/v1/images/import", exported.body, FILE)
    assert imported.status == 201, imported
    assert imported.json["digest"] == daemon.api.get(f"/v1/images/{IMAGE}").json["digest"]
    id = other.api.up(image=imported.json["digest"], node=SMALL)["id"]
    assert other.api.run(id, "srun", "hostname").text == "n1\n"
    refused = other.api.delete(f"/v1/images/{imported.json['id']}")
    assert refused.status == 409 and id in refused.json["detail"]
    other.api.down(id)
    _, manifest = tiny.members(exported.body)
    assert manifest == other.api.get(f"/v1/images/{imported.json['id']}/manifest").json


def test_the_same_recipe_gives_the_same_digest(make_daemon, api):
    have = api.get(f"/v1/images/{IMAGE}").json
    other = make_daemon(empty=True).start()
    id = other.api.post("/v1/images", {"recipe": IMAGE}).json["id"]
    built = other.api.wait_for(f"/v1/images/{id}", lambda i: i["state"] != "building", patience=900)
    assert built["state"] == "ready", built
    assert (built["recipeDigest"], built["digest"]) == (have["recipeDigest"], have["digest"])


def test_another_distribution_is_only_another_recipe(make_daemon):
    daemon = make_daemon(empty=True).start()
    api = daemon.api
    id = api.post("/v1/images", {"recipe": "debian-trixie"}).json["id"]
    built = api.wait_for(f"/v1/images/{id}", lambda i: i["state"] != "building", patience=900)
    assert built["state"] == "ready", built
    cluster = api.up(image="debian-trixie", compute=4, node=SMALL)
    assert "24.11" in cluster["scheduler"]["version"]
    names = api.run(cluster["id"], "srun", "-N4", "hostname").text.split()
    assert sorted(names) == ["n1", "n2", "n3", "n4"]
    api.down(cluster["id"])
