"""A report with charts: the build's page with the campaign's data and document put in, whatever is in them."""
import json
import re

import pytest

import seed
import served

HOSTILE = "</script><!--<script>alert(1)</script>&'\"\u2028"
PAGE = ('<!doctype html><title>t</title><main><!--document--></main>'
        '<script type="application/json" id="data"></script><script>draw()</script>')
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    dir = tmp_path_factory.mktemp("ui")
    (dir / "index.html").write_text("index")
    (dir / "report.html").write_text(PAGE)
    spec = served.CAMPAIGN | {"factors": {"workload.env.LEVEL": ["low", HOSTILE, "a", "b", "c"]},
                              "design": {"repetitions": 100}}
    daemon, rows = served.seeded(spec, ui=dir)
    try:
        with seed.opened(daemon.database) as db:
            rows.hold_origin(db)
            rows.ended = rows.add_campaign(db, "done", 500)
            for run in rows.middle_runs(db, rows.ended, "elapsed"):
                rows.add_jobs(db, run, 2000)
        daemon.start("/healthz")
        yield daemon.api, rows
    finally:
        daemon.clean_up()


@pytest.fixture(scope="module")
def report(place):
    api, rows = place
    reply = api.get(f"/v1/campaigns/{rows.ended}/report?format=html")
    assert reply.status == 200, reply
    return reply


def test_the_page_has_its_data_and_its_document_once(place, report):
    text = report.body.decode()
    (data,) = DATA.findall(text)
    assert "<" not in data
    before, after = DATA.split(text)[0], DATA.split(text)[2]
    assert before.startswith("<!doctype html><title>t</title><main><h1") and "<!--" not in before
    assert after == "<script>draw()</script>"
    assert "Verdict: " in before and "<table>" in before and "<script" not in before


def test_the_data_are_those_of_the_campaign(place, report):
    api, rows = place
    data = json.loads(DATA.findall(report.body.decode())[0])
    assert data["schema"] == "benchd.report/1"
    assert data["analysis"]["checklist"][11]["status"] == "met"
    assert data["analysis"] == api.get(f"/v1/campaigns/{rows.ended}/analysis").json
    assert data["values"] == api.get(f"/v1/campaigns/{rows.ended}/values").json
    assert data["values"]["levels"][1] == {rows.path: HOSTILE}
    assert [j["cell"] for j in data["jobs"]] == [0, 1, 2, 3, 4]
    for job in data["jobs"]:
        assert job["gantt"] == api.get(f"/v1/runs/{job['gantt']['run']}/gantt").json
        values = sorted(v for v, cell in zip(data["values"]["metrics"][0]["values"], data["values"]["runs"]["cell"])
                        if cell == job["cell"])
        at = data["values"]["runs"]["run"].index(job["gantt"]["run"])
        assert data["values"]["metrics"][0]["values"][at] == values[(len(values) - 1) // 2]


def test_a_report_of_500_runs_is_small(report):
    assert len(report.body) <= 3_000_000


def test_other_formats_and_caches_are_as_before(place, report):
    api, rows = place
    target = f"/v1/campaigns/{rows.ended}/report"
    assert api.get(target).body.startswith(b"# ")
    again = api.request("GET", f"{target}?format=html", headers={"If-None-Match": report.headers["ETag"]})
    assert again.status == 304


@pytest.mark.parametrize("page", [None, "no place", PAGE.replace("<!--document-->", "<!--document--><!--document-->")])
def test_without_such_a_page_a_report_is_without_charts(tmp_path, page):
    (tmp_path / "index.html").write_text("index")
    if page:
        (tmp_path / "report.html").write_text(page)
    daemon, rows = served.seeded(ui=tmp_path)
    try:
        with seed.opened(daemon.database) as db:
            rows.hold_origin(db)
            ended = rows.add_campaign(db, "done", 30)
        daemon.start("/healthz")
        body = daemon.api.get(f"/v1/campaigns/{ended}/report?format=html").body.decode()
        assert body.startswith("<!DOCTYPE html>") and "<script" not in body
        assert "no plots are made of this analysis" in body
        assert ("reports are without charts" in daemon.words()) == bool(page)
    finally:
        daemon.clean_up()
