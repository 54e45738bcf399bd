#!/usr/bin/env python3
"""benchctl verify of good, altered and hostile crates, and campaign crate against a peer."""
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import fake_daemon as fake
from crate_files import (FOLDER, KEY, LINK, LIST, METADATA, NONE32, SIGNATURE, Entry, Signer, arrays, contents,
                         entries_of, metadata, zip_of)
from peer import BENCHCTL, PeakMixin, PeerTest

CAMPAIGN = "5a6b7c8d"
KEPT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "policies"


class Verify(PeakMixin, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="benchctl-test-")
        cls.signer = Signer(os.path.join(cls.dir, "signer"))
        cls.other = Signer(os.path.join(cls.dir, "other"))
        cls.good = contents(cls.signer)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def verify(self, data, *arguments, within=False):
        """within: a bound of memory."""
        path = os.path.join(self.dir, "crate.zip")
        with open(path, "wb") as file:
            file.write(data)
        run = self.run_within if within else self.run_as_it_is
        done = run("verify", path, *arguments, env={"PATH": "", "LC_ALL": "C.UTF-8"})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def faults(self, data, *arguments, within=False):
        """{(kind, file)} of a crate, and all that was said."""
        code, out, err = self.verify(data, "--json", *arguments, within=within)
        said = json.loads(out)
        self.assertEqual(code, 6 if said["faults"] else 0, err)
        self.assertEqual(said["ok"], not said["faults"])
        return {(f["kind"], f["file"]) for f in said["faults"]}, out

    def altered(self, **more):
        return zip_of(entries_of(contents(self.signer, **more)))

    # -- good ones --

    def test_a_good_one_is_good(self):
        for how in ({}, {"deflate": False}):
            code, out, _ = self.verify(zip_of(entries_of(self.good, **how)))
            self.assertEqual(code, 0)
            self.assertIn("6 files", out)
            self.assertIn(f"signed by the key {self.signer.fingerprint}, which this check can't vouch for", out)
        code, out, _ = self.verify(zip_of(entries_of(self.good)), "--key", self.signer.public)
        self.assertEqual(code, 0)
        self.assertIn(f"signed with the key in {self.signer.public}, {self.signer.fingerprint}", out)

    def test_the_one_that_is_kept_as_an_example_is_good(self):
        code, out, err = self.verify((KEPT / "policies.crate.zip").read_bytes(), "--key", str(KEPT / "signer.pem"))
        self.assertEqual(code, 0, err)
        self.assertIn("signed with the key in", out)

    def test_folders_and_order_and_comments_change_nothing(self):
        entries = entries_of(dict(sorted(self.good.items(), reverse=True)))
        entries.insert(3, Entry("runs/", deflate=False, mode=FOLDER))
        self.assertEqual(self.faults(zip_of(entries, comment=b"made by hand"))[0], set())

    def test_wide_fields_that_are_true_are_good(self):
        entries = entries_of(self.good)
        end64 = (len(entries), sum(len(e.central(0)) for e in entries), sum(len(e.local()) for e in entries))
        self.assertEqual(self.faults(zip_of(entries, end64=end64))[0], set())
        self.assertEqual(self.faults(zip_of(entries, end64=end64, count=0xFFFF, directory_at=NONE32))[0], set())

    # -- altered ones --

    def test_what_is_altered_missing_or_extra_is_named(self):
        files = self.good
        for name in sorted(set(files) - {LIST, SIGNATURE, METADATA, KEY}):
            with self.subTest(name):
                other = zip_of(entries_of(files | {name: files[name] + b"x"}))
                self.assertEqual(self.faults(other)[0], {("altered", name)})
                left = zip_of(entries_of({n: c for n, c in files.items() if n != name}))
                self.assertEqual(self.faults(left)[0], {("missing", name)})
        extra = zip_of(entries_of(files | {"runs/2/jobs.csv": b"new"}))
        self.assertEqual(self.faults(extra)[0], {("extra", "runs/2/jobs.csv")})
        _, out, err = self.verify(extra)
        self.assertIn("extra      runs/2/jobs.csv: it is in the crate, and not in manifest-sha256.txt", out)
        self.assertIn("is not what was signed, or nobody can tell: 1 fault", err)

    def test_every_fault_is_told(self):
        files = {n: c + b"x" for n, c in self.good.items() if n.startswith("runs")}
        found, _ = self.faults(zip_of(entries_of(self.good | files | {"new": b""})))
        self.assertEqual(found, {("altered", n) for n in files} | {("extra", "new")})

    def test_parts_that_every_crate_has(self):
        for name in (LIST, SIGNATURE, KEY, METADATA):
            with self.subTest(name):
                left = {n: c for n, c in self.good.items() if n != name}
                self.assertIn(("missing", name), self.faults(zip_of(entries_of(left)))[0])

    def test_signatures(self):
        stranger = self.other.sign(self.good[LIST])
        for signature in (stranger, b"", self.good[SIGNATURE][:-1], self.good[SIGNATURE] + b"x", bytes(64)):
            self.assertEqual(self.faults(self.altered(**{SIGNATURE: signature}))[0], {("signature", SIGNATURE)})
        self.assertIn(("signature", KEY), self.faults(self.altered(**{KEY: b"no key"}))[0])

    def test_who_signs_anew_is_told_by_the_key(self):
        forged = zip_of(entries_of(contents(self.other)))
        self.assertEqual(self.faults(forged)[0], set(), "the crate itself can't tell")
        found, out = self.faults(forged, "--key", self.signer.public)
        self.assertEqual(found, {("key", KEY)})
        self.assertIs(json.loads(out)["keyMatches"], False)
        self.assertIn(self.other.fingerprint, out)

    def test_lists_that_make_no_sense(self):
        lines = self.good[LIST].decode().splitlines(keepends=True)
        for text in ("".join(reversed(lines)), "".join(lines + lines[-1:]), "".join(lines)[:-1], "nonsense\n",
                     lines[0].replace("  ", "  ../"), lines[0].upper(), "\n" + "".join(lines)):
            with self.subTest(text[:80]):
                found, _ = self.faults(self.altered(**{LIST: text.encode()}))
                self.assertIn(("list", LIST), found)
        found, _ = self.faults(self.altered(**{LIST: b"", SIGNATURE: bytes(64)}))
        self.assertEqual(len([f for f in found if f[0] == "extra"]), 6, "an empty list lists nothing")

    def test_metadata_have_to_fit(self):
        names = sorted(set(self.good) - {LIST, SIGNATURE, METADATA})
        wrong = {"@id": "spec.json", "@type": ["File", "x"], "sha256": "0" * 64}
        twice = metadata(names)
        for text, found in ((b"{", {("metadata", METADATA)}),
                            (b"[]", {("metadata", name) for name in names}),
                            (metadata(names[1:]), {("metadata", names[0])}),
                            (metadata(names + ["nowhere.csv"]), {("metadata", "nowhere.csv")}),
                            (metadata(names + ["a" * 241]), {("metadata", "a" * 120 + "...")}),
                            (metadata(names, entities=[wrong]), {("metadata", "spec.json")}),
                            (twice[:-1] + b', "@graph": []}', {("metadata", METADATA)}),
                            (twice.replace(b'{"@id": "spec.json", ', b'{"@id": "x", "@id": "spec.json", '),
                             {("metadata", "x")})):
            with self.subTest(text[-80:]):
                self.assertEqual(self.faults(self.altered(**{METADATA: text}))[0], found)

    def test_metadata_may_be_written_in_other_ways(self):
        names = sorted(set(self.good) - {LIST, SIGNATURE, METADATA})
        text = metadata(names)
        for other in (json.dumps(json.loads(text), indent=2).encode(), text.replace(b"/", rb"\/"),
                      text.replace(b"@graph", rb"\u0040graph").replace(b'"@id"', rb'"\u0040id"'),
                      text.replace(b'"File"', b'["x", {"y": []}, "File"]')):
            with self.subTest(other[:80]):
                self.assertNotEqual(other, text)
                self.assertEqual(self.faults(self.altered(**{METADATA: other}))[0], set())

    def test_metadata_that_nobody_signed_are_not_looked_into(self):
        names = sorted(set(self.good) - {LIST, SIGNATURE, METADATA})
        wrong = metadata(names[1:])
        self.assertEqual(self.faults(zip_of(entries_of(self.good | {METADATA: wrong})))[0], {("altered", METADATA)})
        self.assertEqual(self.faults(self.altered(**{METADATA: wrong, SIGNATURE: bytes(64)}))[0],
                         {("signature", SIGNATURE)})

    # -- hostile ones --

    def hostile(self, data, kind, words, name=None, within=False):
        """Told for this reason alone, and nothing of it unpacked."""
        code, out, _ = self.verify(data, "--json", within=within)
        said = json.loads(out)
        self.assertEqual(code, 6)
        self.assertEqual({f["kind"] for f in said["faults"]}, {kind}, out)
        self.assertIn(words, out)
        if name:
            self.assertIn(name, {f["file"] for f in said["faults"]})
        if kind != "damaged":
            self.assertEqual((said["files"], said["bytes"]), (0, 0))

    def with_entry(self, entry):
        """The good one with another file in place of that of its name."""
        return zip_of([entry if e.name == entry.name else e for e in entries_of(self.good)])

    def test_names_that_lead_out_of_the_folder(self):
        for name in ("../evil", "/etc/passwd", "a/../../evil", "..", "a//b", "./a", "a\\..\\b", "C:/evil", "a b", "a\n",
                     "a\0b", "", "ä", "\x1b[2J", "a" * 241, "runs/../", "/"):
            with self.subTest(name):
                self.hostile(zip_of(entries_of(self.good) + [Entry(name)]), "unsafe", "its name is not one")
        _, out, _ = self.verify(zip_of([Entry("\x1b[2J")]))
        self.assertIn("\\x1b[2J", out)
        self.assertNotIn("\x1b", out)

    def test_what_is_no_plain_file(self):
        good = entries_of(self.good)
        for entry, words in ((Entry("link", b"/etc/passwd", mode=LINK), "it is a symbolic link"),
                             (Entry("fifo", mode=0o010644), "neither a file nor a folder"),
                             (Entry("folder/", b"content", mode=FOLDER), "a folder with content"),
                             (Entry("file", mode=FOLDER), "neither a file nor a folder"),
                             (Entry("secret", flags=1), "it is encrypted"),
                             (Entry("secret", flags=0x40), "it is encrypted"),
                             (Entry("masked", flags=0x2000), "it is encrypted"),
                             (Entry("bzip2", method=12), "in another way than by deflate"),
                             (Entry("two", b"abc", deflate=False, bytes=4), "two sizes")):
            with self.subTest(entry.name):
                self.hostile(zip_of(good + [entry]), "unsafe", words)

    def test_bombs(self):
        good = entries_of(self.good)
        zeros = bytes(300 << 20)
        for entry, words in ((Entry("zeros", zeros), "a zip bomb"),
                             (Entry("lie", b"x", bytes=1 << 20), "more than deflate can hold"),
                             (Entry("17g", b"x", extra=struct.pack("<HHQQ", 1, 16, 17 << 30, 17 << 30), bytes=NONE32,
                                    packed=NONE32), "a crate holds at most")):
            with self.subTest(words):
                self.hostile(zip_of(good + [entry]), "unsafe", words, within=True)
        size, at = sum(len(e.central(0)) for e in good), sum(len(e.local()) for e in good)
        self.hostile(zip_of(good, count=0xFFFF, end64=(300000, size, at)), "unsafe", "it says that it has 300000 files")
        for true, said in ((100000, 1000), (1000, 100000)):
            entry = Entry("runs.json", os.urandom(true), bytes=said)
            self.hostile(self.with_entry(entry), "damaged", "", "runs.json")

    def test_bombs_of_json(self):
        """Values of three bytes, of which a tree takes a hundred: 24 MiB of them are a file of 24 kB."""
        bomb = arrays(24 << 20)
        for text in (bomb, b'{"@graph": ' + bomb + b"}", b'{"@graph": [{"@type": ' + bomb + b"}]}"):
            crate = self.altered(**{METADATA: text, SIGNATURE: bytes(64)})
            self.assertLess(len(crate), 100000)
            self.assertEqual(self.faults(crate, within=True)[0], {("signature", SIGNATURE)})
            found, out = self.faults(self.altered(**{METADATA: text}), within=True)
            self.assertEqual({kind for kind, _ in found}, {"metadata"})
            self.assertIn("does not describe it", out)

    def test_parts_that_are_too_large(self):
        """They are held in memory, and so not unpacked."""
        for name, most in ((KEY, 4096), (SIGNATURE, 4096), (LIST, 200000 * 307), (METADATA, 128 << 20)):
            with self.subTest(name):
                good = self.good[name]
                self.hostile(self.with_entry(Entry(name, good + b"\n" * (most + 1 - len(good)))), "unsafe",
                             f"it has {most + 1} bytes, and in a crate at most {most}", name, within=True)
        found, _ = self.faults(self.altered(**{KEY: self.signer.pem + b"\n" * (4096 - len(self.signer.pem))}))
        self.assertEqual(found, set())

    def test_a_list_of_more_than_is_there(self):
        lines = "".join(f"{'0' * 64}  {i:0240}\n" for i in range(200000)).encode()
        crate = zip_of(entries_of(contents(self.signer, **{LIST: lines}), deflate=False))
        found, out = self.faults(crate, within=True)
        said = json.loads(out)
        self.assertEqual(len(said["faults"]), 1000)
        self.assertGreater(said["faultsLeftOut"], 199000)
        self.assertIn("missing", {kind for kind, _ in found})

    def test_what_two_readers_would_see_differently(self):
        for lies, words in (({"local_method": 0}, "how it is packed"), ({"local_flags": 0x800}, "how it is packed"),
                            ({"flags": 8, "local_flags": 0}, "how it is packed"),
                            ({"local_bytes": 6}, "its sizes"), ({"local_packed": 0}, "its sizes"),
                            ({"local_bytes": NONE32}, "its sizes"), ({"local_crc": 1}, "its checksum"),
                            ({"local_bytes": NONE32, "local_extra": struct.pack("<HHQ", 1, 8, 6)}, "its sizes"),
                            ({"local_bytes": NONE32, "local_extra": struct.pack("<HHQ", 1, 16, 5)}, "its sizes"),
                            ({"local_name": b"runs.jso_"}, "its name"), ({"flags": 8}, "behind its content")):
            with self.subTest(lies):
                self.hostile(self.with_entry(Entry("runs.json", b"hello", **lies)), "structure", words, "runs.json")
        self.hostile(self.with_entry(Entry("runs.json", b"hello", gap=b"x")), "structure", "belong to no file")
        for lies in ({"crc": 1}, {"bytes": 6}, {"packed": 6}, {"mark": b"PK\3\4"}):
            for wide in (False, True):
                with self.subTest(lies, wide=wide):
                    entry = Entry("runs.json", b"hello").streamed(wide, **lies)
                    self.hostile(self.with_entry(entry), "structure", "behind its content", "runs.json")

    def test_what_is_written_as_a_stream_is_good(self):
        for how in ({}, {"wide": True}, {"mark": b""}, {"wide": True, "mark": b""}):
            with self.subTest(how):
                self.assertEqual(self.faults(zip_of([e.streamed(**how) for e in entries_of(self.good)]))[0], set())
        for extra in (struct.pack("<HHQ", 1, 8, len(self.good["spec.json"])), b"UT\5\0\3abcd" ):
            lies = {"local_bytes": NONE32} if extra[:1] == b"\1" else {}
            entry = Entry("spec.json", self.good["spec.json"], local_extra=extra, **lies)
            self.assertEqual(self.faults(self.with_entry(entry))[0], set())

    def test_twins(self):
        good = entries_of(self.good)
        self.hostile(zip_of([*good, Entry("spec.json", b"{}")]), "unsafe", "more than once", "spec.json")
        # Two names for the same bytes, and a name that only one of two readers sees.
        self.hostile(zip_of([*good, Entry("again.json", at=0)]), "structure", "it reaches into what follows")
        self.hostile(zip_of([*good, Entry("seen.json", local_name=b"hide.json")]), "structure", "say different things",
                     "seen.json")

    def test_bytes_that_belong_to_nothing(self):
        good, whole = entries_of(self.good), zip_of(entries_of(self.good))
        hidden = [*good[:2], Entry("gap", b"x", gap=b"hidden" * 10), *good[2:]]
        self.hostile(zip_of(hidden), "structure", "belong to no file", "gap")
        self.hostile(b"#!/bin/sh\n" + whole, "structure", "its directory is not where it says")
        self.hostile(whole + b"more", "structure", "its end is cut off")
        self.hostile(whole + whole, "structure", "its directory is not where it says")
        # An end within the comment of the end.
        self.hostile(zip_of(good, comment=whole[-22:]), "structure", "its directory is not where it says")

    def test_ends_that_lie(self):
        good = entries_of(self.good)
        n, size, at = len(good), sum(len(e.central(0)) for e in good), sum(len(e.local()) for e in good)
        for lies, words in (({"count": n - 1}, "files that can be read"), ({"count": n + 1}, "files that can be read"),
                            ({"directory_bytes": size - 1}, "not where it says"), ({"disk": 1}, "in several parts"),
                            ({"directory_at": at + 1}, "not where it says"),
                            ({"count": 0xFFFF}, "and has none"), ({"directory_at": NONE32}, "and has none"),
                            ({"end64": (n + 1, size, at)}, "other than its short one"),
                            ({"end64": (n, size, at - 1)}, "other than its short one"),
                            ({"end64": (n, 1 << 62, 1 << 63), "directory_bytes": NONE32, "directory_at": NONE32},
                             "not where it says")):
            with self.subTest(lies):
                self.hostile(zip_of(good, **lies), "structure", words)
        for extra in (b"", struct.pack("<HHQ", 1, 16, 1), struct.pack("<HH", 1, 0), b"\1"):
            entry = Entry("wide", b"x", bytes=NONE32, extra=extra)
            with self.subTest(extra):
                self.hostile(zip_of([*good, entry]), "structure", "files that can be read")

    def test_damage_is_told_of_the_file(self):
        for entry in (Entry("runs.json", b"hello", crc=1), Entry("runs.json", b"hello", packed_data=b"\xff" * 8)):
            self.hostile(self.with_entry(entry), "damaged", "", "runs.json")

    def test_wherever_it_is_cut_off(self):
        whole = zip_of(entries_of(self.good))
        for n in sorted({0, 1, 21, 22, *range(0, len(whole), len(whole) // 40), len(whole) - 1}):
            code, out, _ = self.verify(whole[:n], "--json")
            self.assertEqual(code, 6, n)
            self.assertEqual([f["kind"] for f in json.loads(out)["faults"]], ["structure"], n)

    def test_any_byte_may_be_any_other(self):
        """Nothing but what no reader looks at (times, versions) can change unseen."""
        whole, generator = zip_of(entries_of(self.good)), random.Random(7)
        for _ in range(200):
            data = bytearray(whole)
            for at in generator.sample(range(len(data)), generator.choice((1, 1, 3))):
                data[at] ^= generator.randrange(1, 256)
            code, _, err = self.verify(bytes(data))
            self.assertIn(code, (0, 6), err)

    # -- the command itself --

    def test_files_that_can_not_be_read(self):
        good = zip_of(entries_of(self.good))
        for arguments in (["/nowhere/crate.zip"], [self.dir], ["/dev/null"]):
            done = subprocess.run([BENCHCTL, "verify", *arguments], capture_output=True, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
        for key in ("/nowhere/key.pem", self.signer.private, self.dir):
            code, _, err = self.verify(good, "--key", key)
            self.assertEqual(code, 2, err)
            self.assertNotIn("PRIVATE", err)


class Getting(PeerTest):
    def serve_crate(self, reply):
        self.serve(("GET", rf"/v1/campaigns/{CAMPAIGN}/crate", reply),
                   ("GET", r"/v1/campaigns\?limit=500", fake.items(fake.campaign("done"))))

    def in_dir(self, *arguments, code=0):
        done = subprocess.run([BENCHCTL, "--socket", self.socket, *arguments], capture_output=True, cwd=self.dir,
                              env=self.environment(), check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def test_it_is_a_file_once_it_is_whole(self):
        content = os.urandom(1 << 20)
        self.serve_crate(lambda h, m: h.reply(200, content, "application/zip"))
        self.assertEqual(self.in_dir("campaign", "crate", CAMPAIGN), f"campaign-{CAMPAIGN}.crate.zip\n".encode())
        self.assertEqual(self.in_dir("campaign", "crate", CAMPAIGN, "-o", "other.zip"), b"other.zip\n")
        for name in (f"campaign-{CAMPAIGN}.crate.zip", "other.zip"):
            with open(os.path.join(self.dir, name), "rb") as file:
                self.assertEqual(file.read(), content)
        self.assertEqual(self.in_dir("campaign", "crate", CAMPAIGN, "-o", "-"), content)
        self.assertEqual([f for f in os.listdir(self.dir) if "part" in f], [])

    def test_one_that_goes_on_has_none(self):
        self.serve_crate(lambda h, m: h.problem(409, "conflict", "it is running"))
        self.in_dir("campaign", "crate", CAMPAIGN, code=5)
        self.assertEqual([f for f in os.listdir(self.dir) if f.startswith("campaign")], [])


if __name__ == "__main__":
    if not shutil.which("openssl"):
        print("SKIP: needs openssl")
        sys.exit(77)
    unittest.main()
