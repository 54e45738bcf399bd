"""What people do by the dashboard, in Chromium on real clusters and runs: campaigns begun, held and ended, clusters
brought up and commanded, images removed and begun. tests/pages has what needs no cluster."""
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "pages"))

import browser
import host
import tiny
from campaigns import AT_ONCE, design, shell
from conftest import IMAGE

DAEMON = AT_ONCE
pytestmark = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))


def test_a_cluster_is_brought_up_by_the_form_commanded_and_taken_down(daemon):
    (made,) = browser.check("cluster", daemon.port)
    cluster = daemon.api.get(f"/v1/clusters/{made['cluster']}").json
    assert (cluster["name"], cluster["state"], cluster["residue"]["empty"]) == ("by-form", "deleted", True)


def test_a_campaign_is_submitted_held_enlarged_and_cancelled(daemon, campaigns):
    (made,) = browser.check("campaign", daemon.port)
    campaign = campaigns.get(made["campaign"])
    assert campaign["state"] == "cancelled" and campaign["spec"]["added"] == [[{"cluster.compute": 3}]]
    assert all(run["state"] in ("done", "cancelled") for run in campaigns.runs(campaign["id"]))


def test_a_campaign_is_on_the_overview_and_then_its_verdict(daemon, campaigns):
    campaign = campaigns.submit(shell("sleep 2", name="seen-live", design=design(2)))
    browser.check("overview", daemon.port, campaign="seen-live")
    campaigns.wait(campaign, "done")


def test_a_list_that_was_cut_off_catches_up(daemon, campaigns):
    made = []

    def submit():
        made.append(campaigns.submit(shell("exit 3", name="fails", design=design())))
        return made[0]

    browser.check("caught_up", daemon.port, {"a campaign whose run fails": submit})
    campaigns.wait(made[0], "failed")


def test_images_are_removed_begun_and_called_off(make_daemon):
    daemon = make_daemon(empty=True).start()
    reply = daemon.api.request("POST", "/v1/images/import", tiny.archive(), {"Content-Type": "application/vnd.benchd.image"})
    assert reply.status == 201, reply
    browser.check("images", daemon.port, image="tiny", recipe=IMAGE)
    assert daemon.api.get("/v1/images").json["items"] == []
    host.wait_until(lambda: not any(daemon.image_dir.glob("work/*")), "the end of the build's files")
