"""The pages in a real browser, of a real daemon whose database was filled beforehand."""
import os

import pytest

import browser
import hostile
import seed
import served

pytestmark = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))

NAME = "policies-of-two-schedulers"
SAYS = "srun: error: n2: task 3: Exited with exit code 1"
JOBS = 10_000
MANY = 100_000


def figures(capsys, name, found):
    with capsys.disabled():
        for figure in found:
            print(f"\n{name}: {figure}", end="")


class Place:
    """A daemon, and ids of what is in it."""

    def __init__(self, jobs=200):
        self.daemon, self.rows = served.seeded()
        with seed.opened(self.daemon.database) as db:
            self.campaign = self.rows.add_campaign(db, "done", 30, name=NAME)
            self.held = self.rows.add_campaign(db, "paused", 5, failed=2, priority=7)
            self.run, self.failed = self.rows.runs[0], self.rows.runs[-1]
            self.cluster = self.rows.add_cluster(db)
            self.rows.add_queue(db, self.run, jobs)
            db.execute("UPDATE run SET error = json_set(error, '$.detail', ?) WHERE state = 'failed'", (SAYS,))
            self.rows.add_events(db, 100)

    def args(self, **more):
        return {"campaign": self.campaign, "campaignName": NAME, "run": self.run, "failed": self.failed,
                "failedSays": SAYS, "cluster": self.cluster, "image": seed.IMAGE,
                "imageName": "debian-bookworm"} | more


@pytest.fixture(scope="module")
def place():
    place = Place()
    try:
        place.daemon.start("/healthz")
        yield place
    finally:
        place.daemon.clean_up()


@pytest.fixture(scope="module")
def bare():
    daemon = served.bare()
    yield daemon
    daemon.clean_up()


@pytest.mark.parametrize("name", ["shown", "light", "dark", "phone", "zoomed", "keyboard"])
def test_every_page(place, name, tmp_path):
    browser.check(name, place.daemon.port, **place.args(scratch=str(tmp_path)))


@pytest.mark.parametrize("name", ["missing", "theme", "tried", "polled", "tabs"])
def test_what_a_reader_meets(place, name):
    browser.check(name, place.daemon.port)


def test_the_first_load_is_small(place, capsys):
    figures(capsys, "first load", browser.check("first_load", place.daemon.port))


def test_an_empty_daemon_says_how_to_fill_it(bare, tmp_path):
    browser.check("empty", bare.port, scratch=str(tmp_path))


def test_a_lost_connection_is_told_and_heals():
    place = Place(jobs=0)
    daemon = place.daemon

    def start_with_another():
        with seed.opened(daemon.database) as db:
            place.rows.add_campaign(db, "done", 1, name="meanwhile")
        daemon.start("/healthz")
        return "meanwhile"

    try:
        daemon.start("/healthz")
        browser.check("lost", daemon.port, {"stop": daemon.stop, "start with another campaign": start_with_another},
                      **place.args())
    finally:
        daemon.clean_up()


def test_strings_of_others_are_text(tmp_path):
    place = Place(jobs=20)
    try:
        with seed.opened(place.daemon.database) as db:
            hostile.put(db, place.rows)
        place.daemon.start("/healthz")
        args = place.args(scratch=str(tmp_path), campaignName="<b data-hostile", failedSays="<b data-hostile", imageName="<b data-hostile",
                          hostilePages=8)
        browser.check("hostile", place.daemon.port, **args)
    finally:
        place.daemon.clean_up()


def test_ten_thousand_jobs_are_drawn_and_moved_about_in(capsys):
    place = Place(jobs=JOBS)
    try:
        place.daemon.start("/healthz")
        figures(capsys, "10,000 jobs", browser.check("many_jobs", place.daemon.port, run=place.run, jobs=JOBS))
    finally:
        place.daemon.clean_up()


def test_a_hundred_thousand_runs_are_listed(capsys):
    place = Place(jobs=0)
    try:
        with seed.opened(place.daemon.database) as db:
            place.rows.multiply_run(db, place.run, MANY)
        place.daemon.start("/healthz")
        rows, seconds = (MANY, 900) if os.environ.get("BENCHD_TEST_LONG") else (3000, 120)
        found = browser.check("many_runs", place.daemon.port, patience=2 * seconds, rows=rows, seconds=seconds,
                              oneRun=f"{0x40000000 + MANY - 1:08x}", failedRuns=2)
        figures(capsys, "100,000 runs", found)
    finally:
        place.daemon.clean_up()


def test_a_hundred_thousand_runs_are_a_grid(capsys):
    cells, blocks = 100, MANY // 100
    levels = {"workload.env.LEVEL": [str(n) for n in range(cells)]}
    daemon, rows = served.seeded(served.CAMPAIGN | {"factors": levels, "design": {"repetitions": blocks}})
    try:
        with seed.opened(daemon.database) as db:
            campaign = rows.add_campaign(db, "done", 1)
            rows.fill_campaign(db, campaign)
        daemon.start("/healthz")
        found = browser.check("many_cells", daemon.port, campaign=campaign, cells=cells, blocks=blocks)
        figures(capsys, "100,000 places", found)
    finally:
        daemon.clean_up()


def test_a_report_of_500_runs_opens_without_a_network(tmp_path, capsys):
    levels = {"workload.env.LEVEL": ["a", "b", "c", "d", "e"]}
    daemon, rows = served.seeded(served.CAMPAIGN | {"factors": levels, "design": {"repetitions": 100}})
    try:
        with seed.opened(daemon.database) as db:
            campaign = rows.add_campaign(db, "done", 500)
            for run in rows.middle_runs(db, campaign, "elapsed"):
                rows.add_queue(db, run, 2000)
        daemon.start("/healthz")
        figures(capsys, "report of 500 runs", [browser.check_report(daemon, campaign, tmp_path, "elapsed", timed=True)])
    finally:
        daemon.clean_up()
