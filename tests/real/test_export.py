"""Exports of a real campaign are what the interface tells of it, in every format."""
import csv
import hashlib
import io
import json
import re
import subprocess
import xml.etree.ElementTree as ET

import pytest

from campaigns import AT_ONCE, cancelled_after, design, shell
from daemon import BUILD
from streams import rows, stream

DAEMON = AT_ONCE
LOOK_AT_HOST_ONCE = True
NOBODY = "00000000"
SPEC = {
    **stream(4, compute=2, factors={"cluster.compute": [1, 2]}, design=design(order="as-written")),
    "failIf": [{"metric": "makespan", "above": 0.001},
               {"metric": "makespan", "below": 0.001, "of": {"cluster.compute": 2}}],
}
FORMATS = {
    "campaigns": {"json": "application/json", "csv": "text/csv", "junit": "application/xml",
                  "openmetrics": "application/openmetrics-text"},
    "runs": {"json": "application/json", "csv": "text/csv", "swf": "text/plain"},
}


class Exported:
    """A campaign that is over, and its exports."""

    def __init__(self, api, campaigns):
        self.api = api
        self.campaign, runs = campaigns.done(SPEC)
        self.runs = [campaigns.run(r["id"]) for r in runs]
        self.ids = {"campaigns": self.campaign["id"], "runs": self.runs[1]["id"]}

    def target(self, what, format):
        return f"/v1/{what}/{self.ids[what]}/export?format={format}"

    def text(self, what, format):
        reply = self.api.get(self.target(what, format))
        assert reply.status == 200, reply
        return reply.text


@pytest.fixture(scope="module")
def exported(api, campaigns):
    return Exported(api, campaigns)


@pytest.mark.parametrize("what, format", [(w, f) for w in FORMATS for f in FORMATS[w]])
def test_a_file_comes_with_its_type_its_name_and_its_digest(api, exported, what, format):
    target = exported.target(what, format)
    reply = api.get(target)
    assert reply.headers["Content-Type"].split(";")[0] == FORMATS[what][format]
    assert reply.headers["X-Benchd-State"] == "done" and reply.headers["X-Benchd-Schema"] == "benchd.export/1"
    assert exported.ids[what] in reply.headers["Content-Disposition"]
    assert reply.headers["ETag"] == f'"sha256:{hashlib.sha256(reply.body).hexdigest()}"'
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    assert api.get(target, **{"If-None-Match": reply.headers["ETag"]}).status == 304
    connection = api.connection()
    connection.request("HEAD", target)
    head = connection.getresponse()
    assert (head.status, head.read(), head.headers["ETag"]) == (200, b"", reply.headers["ETag"])
    connection.close()
    done = subprocess.run([BUILD / "clients/benchctl/benchctl", "--socket", api.unix, what[:-1], "export",
                           exported.ids[what], "--format", format], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (reply.body, b"")


def test_without_a_format_it_is_json(api, exported):
    for what in FORMATS:
        assert api.get(exported.target(what, "json").split("?")[0]).text == exported.text(what, "json")


def test_rows_are_the_runs(exported):
    table = list(csv.DictReader(io.StringIO(exported.text("campaigns", "csv"), newline=""), strict=True))
    assert [r["run"] for r in table] == [r["id"] for r in exported.runs]
    for row, run in zip(table, exported.runs):
        assert row["begin"] == run["startedAt"] and row["end"] == run["endedAt"] and row["state"] == "done"
        assert int(row["cluster.compute"]) == run["cell"]["cluster.compute"]
        for name, metric in run["metrics"].items():
            assert float(row[f"{name} [{metric['unit'] or 1}]"]) == pytest.approx(metric["value"], rel=1e-14)


def test_json_has_what_the_interface_tells(campaigns, exported):
    told = json.loads(exported.text("campaigns", "json"))
    assert told["spec"] == exported.campaign["spec"] and told["campaign"]["digest"] == exported.campaign["digest"]
    for ours, run in zip(told["runs"], exported.runs):
        assert told["plan"]["cells"][ours["cell"]] == run["cell"]
        for member in ("id", "position", "block", "state", "grade", "timings", "residue", "warnings", "startedAt"):
            assert ours[member] == run[member], member
        assert "22.05" in ours["scheduler"]["version"] and ours["image"]["digest"].startswith("sha256:")
    run = json.loads(exported.text("runs", "json"))
    assert run["run"] == told["runs"][1] and run["spec"] == exported.runs[1]["spec"]
    assert run["jobs"] == rows(campaigns, exported.ids["runs"])


def test_jobs_are_told_in_seconds(campaigns, exported):
    table = list(csv.DictReader(io.StringIO(exported.text("runs", "csv"), newline=""), strict=True))
    for row, job in zip(table, rows(campaigns, exported.ids["runs"]), strict=True):
        for name in ("planned", "submit", "accepted", "startedFirst", "endedLast", "wait", "turnaround"):
            seconds, fraction = row[f"{name} [s]"].split(".")
            assert int(seconds) * 10**9 + int(fraction) == job[f"{name}Ns"], name


def test_swf_has_a_line_for_each_job(campaigns, exported):
    lines = exported.text("runs", "swf").splitlines()
    jobs = [[int(f) for f in line.split()] for line in lines if not line.startswith(";")]
    assert len(jobs) == 4 and {len(j) for j in jobs} == {18} and {j[10] for j in jobs} == {1}
    (begin,) = [int(line.split()[2]) for line in lines if line.startswith("; UnixStartTime:")]
    wall = exported.runs[1]["conditions"]["jobs"]["beginWallNs"]
    assert begin == wall // 10**9
    subprocess.run([BUILD / "clients/benchctl/benchctl", "swf", "check", "-"], check=True,
                   input=exported.text("runs", "swf").encode())
    for job, seen in zip(jobs, rows(campaigns, exported.ids["runs"])):
        assert abs(job[1] - seen["submitNs"] / 1e9) <= 0.5 and abs(job[2] - seen["waitNs"] / 1e9) <= 0.5


def test_conditions_fail_it(exported):
    suites = ET.fromstring(exported.text("campaigns", "junit")).findall("testsuite")
    assert [s.get("failures") for s in suites] == ["1", "1"] and {s.get("errors") for s in suites} == {"0"}
    assert [len(s.findall("testcase")) for s in suites] == [2, 3]
    value = exported.runs[0]["metrics"]["makespan"]["value"]
    (message,) = [f.get("message") for f in suites[0].iter("failure")]
    assert float(re.match(r"the median of makespan is (\S+) s, above 0.001 s \(1 run,", message)[1]) == \
        pytest.approx(value, rel=1e-12)


def test_what_there_is_not_is_refused(api, exported):
    for what, formats in FORMATS.items():
        refused = api.get(exported.target(what, "xlsx"))
        assert (refused.status, refused.pointers) == (422, ["/query/format"])
        for format in formats:
            assert format in refused.json["faults"][0]["expected"]
            assert api.get(f"/v1/{what}/{NOBODY}/export?format={format}").status == 404


def test_conditions_of_nothing_are_refused(api):
    wrong = [{"metric": "nothing", "above": 1}, {"metric": "makespan"},
             {"metric": "makespan", "above": 1, "of": {"cluster.compute": 3}}]
    refused = api.post("/v1/plans", {**SPEC, "failIf": wrong})
    assert refused.pointers == ["/failIf/0/metric", "/failIf/1", "/failIf/2/of/cluster.compute"]


def test_a_campaign_that_goes_on_says_so(api, campaigns):
    id = campaigns.submit(shell("sleep 60"))
    with cancelled_after(campaigns, id):
        campaigns.wait_step(id, "workload")
        reply = api.get(f"/v1/campaigns/{id}/export?format=csv")
        (row,) = csv.DictReader(io.StringIO(reply.text, newline=""), strict=True)
        assert (reply.headers["X-Benchd-State"], row["state"], row["end"]) == ("running", "measuring", "")
