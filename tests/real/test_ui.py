"""The dashboard's page of a run, in a browser, while real runs go on: what comes, comes by itself."""
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "pages"))

import browser
from campaigns import AT_ONCE, design, shell
from streams import constant, stream

DAEMON = AT_ONCE
pytestmark = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))

# About 10 s of jobs; the smallest scheduler is enough to see them.
STREAM = stream(40, compute=2, arrival={"process": "uniform", "rate": "4/s"}, runtime=constant("300ms"), design=design())
STREAM["objectives"] = [{"metric": "makespan", "direction": "min"}]
STREAM["cluster"]["scheduler"] = {"name": "null", "profile": "fair"}
HOSTILE = r"printf '<b data-hostile=1>bold</b><script>window.hostile=1</script>\033[31mred\007\n'; exit 3"


def first_run(campaigns, spec):
    """(campaign, run), as soon as there is one."""
    campaign = campaigns.submit(spec)
    return campaign, campaigns.wait_run(campaign, lambda run: True)["id"]


@pytest.fixture(scope="module")
def streamed(campaigns, daemon):
    """(run, what its page showed meanwhile)."""
    campaign, run = first_run(campaigns, STREAM)
    found = browser.check("live", daemon.port, run=run, seconds=80, states=["measuring", "done"],
                          shows=["Jobs on nodes", "CPUs of the host", "40 rows", "ctl1-null.log"])
    campaigns.wait(campaign, "done")
    return run, found


def test_a_run_is_shown_as_it_goes_on(streamed, capsys):
    with capsys.disabled():
        print(f"\nlive: {streamed[1]}", end="")


def test_a_run_at_its_end_is_whole_and_accessible(daemon, streamed):
    browser.check("ended", daemon.port, run=streamed[0], state="done",
                  shows=["Jobs on nodes", "What it is", "CPUs of the host", "The host is as it was before."])


def test_its_report_is_a_file_with_plots(daemon, campaigns, streamed, tmp_path, capsys):
    campaign = campaigns.run(streamed[0])["campaign"]
    found = browser.check_report(daemon, campaign, tmp_path, "makespan")
    with capsys.disabled():
        print(f"\nreport: {found}", end="")


def test_a_failed_run_says_why_and_shows_its_output_as_text(campaigns, daemon):
    campaign, run = first_run(campaigns, shell(HOSTILE, design=design()))
    campaigns.wait(campaign, "done", "failed")
    browser.check("ended", daemon.port, run=run, state="failed", shows=["Failed in step workload"],
                  artifact="stdout", artifactSays="<b data-hostile=1>bold</b><script>window.hostile=1</script>␛[31mred␇")


def test_a_run_is_cancelled_by_its_button(campaigns, daemon):
    campaign, run = first_run(campaigns, shell("sleep 300", design=design()))
    browser.check("cancelled", daemon.port, run=run)
    assert campaigns.run(run)["state"] == "cancelled"
    campaigns.wait(campaign, "failed")  # as none of its runs was done
