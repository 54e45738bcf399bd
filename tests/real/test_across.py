"""Campaigns against each other: what differs, a gate, and whether a result is found again, on one daemon."""
import json
import subprocess
import zipfile

import pytest

from campaigns import AT_ONCE, design, number, shell
from daemon import BUILD

DAEMON = {**AT_ONCE, "runs_max": 8}
BENCHCTL = BUILD / "clients" / "benchctl" / "benchctl"
BLOCKS = 6
STEP = "workload.env.STEP"
# So that no two values are the same: up to 9 in some thousands.
SCRIPT = "n=$(date +%N); echo value $((BASE + STEP + ${n#${n%?}}))"


def spec(base, steps=("0", "3000"), **other):
    """Values are `base` at the first level, and so much more at the second as that says."""
    workload = {"metrics": {"value": number("value ([0-9]+)")}, "env": {"BASE": str(base), "STEP": steps[0]}}
    return shell(SCRIPT, workload=workload, isolation="shared", factors={STEP: list(steps)},
                 design=design(BLOCKS, seed=7), objectives=[{"metric": "value", "direction": "min"}], **other)


@pytest.fixture(scope="module")
def pair(campaigns):
    """Two that have run side by side, of which the second is 20 % worse at the first level."""
    ids = [campaigns.submit(spec(10000)), campaigns.submit(spec(12000))]
    for id in ids:
        campaigns.wait(id, "done")
        assert len(campaigns.runs(id)) == 2 * BLOCKS
    return ids


@pytest.fixture
def benchctl(daemon):
    def run(*arguments, code=0):
        done = subprocess.run([BENCHCTL, "--socket", daemon.socket, "--json", *arguments], capture_output=True,
                              text=True, check=False, timeout=200)
        assert done.returncode == code, (done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr
    return run


def test_two_are_compared(api, benchctl, pair):
    found = benchctl("campaign", "compare", *pair)
    assert found["schema"] == "benchd.comparison/1" and found["unmatched"] == [] and not found["paired"]
    (difference,) = found["differences"]
    assert difference == {"campaign": pair[1], "path": "workload.env.BASE", "before": "10000", "after": "12000"}
    (metric,) = found["analysis"]["metrics"]
    by_cell = {c["context"][STEP]: c for c in metric["comparisons"] if c["cell"] is not None}
    assert by_cell["0"]["ratio"]["estimate"] == pytest.approx(1.2, abs=0.002)
    assert by_cell["3000"]["ratio"]["estimate"] == pytest.approx(15 / 13, abs=0.002)
    assert {c["result"] for c in metric["comparisons"]} == {"worse"}
    assert {c["factor"] for c in metric["comparisons"]} == {"campaign"}
    assert found["analysis"]["verdict"]["value"] == "exploratory"
    assert found["gate"] is None and found["notes"] == []


def test_the_gate_answers_as_the_data_say(benchctl, pair):
    before, after = pair
    for id, baseline, margin, code in ((after, before, "5%", 6), (after, before, "0.5", 0), (before, after, "0", 0),
                                       (after, before, "18%", 6)):
        said = benchctl("campaign", "gate", id, "--baseline", baseline, "--margin", margin, code=code)
        assert said["answer"] == {0: "fine", 6: "worse"}[code], said
        assert [item["name"] for item in said["items"]] == ["over all cells", "0", "3000"]
        for item, n in zip(said["items"], (2 * BLOCKS, BLOCKS, BLOCKS)):
            assert item["worse"]["interval"] and (item["n"], item["nAgainst"]) == (n, n), item
    assert "no campaign" in benchctl("campaign", "gate", "nobody", "--baseline", before, code=4)


def test_what_can_t_be_compared_is_refused(api, campaigns, pair):
    other = campaigns.submit(spec(10000, steps=("1", "2")))
    many = campaigns.submit(shell("true", workload={"env": {"STEP": "0"}},
                                  factors={STEP: [str(i) for i in range(999)]}))
    for id in (other, many):
        campaigns.order(id, "cancel")
        campaigns.wait(id, "cancelled")
    for ids, status, words in (([pair[0], other], 422, "no cell is in all of these campaigns"),
                               ([pair[0], many], 409, "more than 1000 cells"),
                               ([pair[0], "00000000"], 404, "00000000"),
                               ([pair[0], pair[0]], 422, "")):
        reply = api.post("/v1/comparisons", {"campaigns": ids})
        assert reply.status == status and words in reply.json["detail"], reply


def hold_reproduced(api, said, original):
    assert (said["answer"], said["original"]) == ("reproduced", original), said
    assert said["differences"] == [], "the same images, on the same host"
    assert said["counts"]["notReproduced"] == 0 and said["counts"]["reproduced"] >= 1
    again = api.get(f"/v1/campaigns/{said['reproduction']}").json
    then = api.get(f"/v1/campaigns/{original}").json
    assert again["spec"] == then["spec"] | {"labels": {**then["spec"]["labels"], "reproduces": original}}
    assert all(cell["ratio"] == pytest.approx(1, abs=0.002) for cell in said["cells"])


def test_one_is_reproduced_by_its_id(api, benchctl, pair):
    hold_reproduced(api, benchctl("campaign", "reproduce", pair[0]), pair[0])


def test_one_is_reproduced_from_its_crate(api, benchctl, pair, tmp_path):
    crate = tmp_path / "x.zip"
    done = subprocess.run([BENCHCTL, "--socket", api.unix, "campaign", "crate", pair[0], "-o", crate],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "may be from anybody" in benchctl("campaign", "reproduce", crate, code=2)
    key = tmp_path / "signer.pub"
    key.write_bytes(zipfile.ZipFile(crate).read(key.name))
    hold_reproduced(api, benchctl("campaign", "reproduce", crate, "--key", key), pair[0])
