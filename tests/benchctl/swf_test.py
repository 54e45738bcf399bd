#!/usr/bin/env python3
"""benchctl swf: logs of jobs, without any daemon."""
import gzip
import json
import os
import unittest

from peer import PeerTest


def job(number, submit, run, procs, limit, user=1, after=-1):
    return f"{number} {submit} -1 {run} {procs} -1 -1 {procs} {limit} -1 1 {user} 1 -1 -1 -1 {after} -1\n"


HEADER = "; Version: 2.2\n; Computer: a machine\n; MaxProcs: 8\n"
LOG = HEADER + job(1, 0, 60, 8, 120) + job(2, 30, 0, 1, 60) + job(3, 60, 120, 4, 100, after=1) + job(4, 120, 60, 1, 60, 2)


class Swf(PeerTest):
    def file(self, text, name="log.swf"):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def swf(self, *args, **more):
        return self.run_it("swf", *args, where=False, **more)

    def test_a_log_without_faults(self):
        self.assertEqual(self.swf("check", self.file(LOG)), ("", f"✓ {self.dir}/log.swf: 7 lines, 4 jobs, 0 faults\n"))

    def test_each_fault_has_its_line(self):
        out, err = self.swf("check", "-", stdin=(LOG + "1 2 3\n" + job(5, 1, "x\x1b[2J", 1, 1)).encode(), code=6)
        self.assertEqual(out, "stdin:8: 3 fields where there are 18\n"
                              "stdin:9: field 4 (run time): 'x\\x1b[2J' is no number\n")
        self.assertEqual(err, "✗ stdin: 9 lines, 4 jobs, 2 faults\n")
        listed = json.loads(self.swf("check", "--json", "-", stdin=b"1 2 3\n", code=6)[0])
        self.assertEqual(listed, {"lines": 1, "jobs": 0, "faults": 1, "items": [
            {"line": 1, "field": None, "text": "3 fields where there are 18"}]})

    def test_what_is_no_log_is_refused(self):
        for text, why in ((b"\x7fELF\0\0", "line 1: a NUL byte: this is no text"),
                          (gzip.compress(LOG.encode())[:-20], "this gzip file is cut off")):
            self.assertIn(why, self.swf("check", self.file(text), code=2)[1])
        self.assertIn("can't read", self.swf("show", os.path.join(self.dir, "none"), code=2)[1])

    def test_a_log_is_described(self):
        plain = self.swf("show", self.file(LOG))[0]
        self.assertEqual(plain, """\
header            Version: 2.2
                  Computer: a machine
                  MaxProcs: 8
jobs              4 of 2 users
submitted within  2 min 0 s
machine           8 processors
offered load      1.06, cleaned

FIELD                 N  MIN  MEDIAN  P95  MAX
run time              4    0      60  120  120
allocated processors  4    1       1    8    8
requested processors  4    1       1    8    8
requested time        4   60      60  120  120
""")
        self.assertEqual(self.swf("show", self.file(gzip.compress(LOG.encode()), "log.swf.gz"))[0], plain)

    def test_a_cleaned_log_is_a_log(self):
        out, err = self.swf("clean", self.file(LOG))
        self.assertEqual(out, HEADER + job(1, 0, 60, 8, 120) + job(3, 60, 120, 4, 120, after=1)
                         + job(4, 120, 60, 1, 60, 2))
        self.assertIn("1 jobs dropped: no runtime, or 0\n", err)
        self.assertIn("1 jobs mended: ran longer than it asked for, its runtime is taken\n", err)
        self.assertIn("3 of 4 jobs are left\n", err)

    def test_a_cleaned_log_counts_its_own_jobs(self):
        log = "; maxjobs :5\n; MaxRecords: 4\n; MaxJobsets: 9\n" + LOG
        out, _ = self.swf("clean", self.file(log))
        self.assertIn("; MaxJobs: 3\n; MaxRecords: 3\n; MaxJobsets: 9\n", out)
        self.swf("check", self.file(out))

    def test_a_window_is_scaled_into_a_file(self):
        into = os.path.join(self.dir, "short.swf")
        out, err = self.swf("scale", self.file(LOG), "--from", "60s", "--time", "10", "--nodes", "4", "--load", "0.5",
                            "-o", into, "--json")
        told = json.loads(out)
        self.assertEqual((told["jobs"], told["machine"], told["load"]), (2, 4, 0.5))
        self.assertEqual(told["cleaning"]["rules"]["never-ran"], 1)
        with open(into, encoding="utf-8") as f:
            lines = f.read().splitlines()
        # (2 x 12 + 1 x 6) processor seconds by 4 processors at half of what they can do: 15 s
        self.assertEqual(lines[-2:], [job(3, 0, 12, 2, 12).strip(), job(4, 15, 6, 1, 6, 2).strip()])
        self.assertIn("2 jobs within 15 s, offered load 0.5", err)
        self.assertEqual(os.listdir(self.dir).count("short.swf.part"), 0)

    def test_what_can_t_be_cut_or_written_leaves_nothing(self):
        log, into = self.file(LOG), os.path.join(self.dir, "none", "x.swf")
        self.assertIn("no job was submitted", self.swf("scale", log, "--from", "1h", code=2)[1])
        self.assertIn("have no load", self.swf("scale", log, "--jobs", "1", "--load", "1", code=2)[1])
        self.assertIn("create", self.swf("clean", log, "-o", into, code=1)[1])
        self.swf("scale", log, "--time", "0", code=2)


if __name__ == "__main__":
    unittest.main()
