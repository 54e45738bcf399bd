"""Crates made without benchd: contents signed by openssl, and zip files written field by field, so that
each field can lie."""
import hashlib
import json
import os
import stat
import struct
import subprocess
import zlib

LIST, SIGNATURE, KEY, METADATA = "manifest-sha256.txt", "manifest-sha256.txt.sig", "signer.pub", "ro-crate-metadata.json"
FILE, FOLDER, LINK = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o777
NONE32 = 0xFFFFFFFF


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


class Signer:
    """An Ed25519 key in a directory."""

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.private = directory, os.path.join(directory, "private.pem")
        self.public = os.path.join(directory, "public.pem")
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.private)
        openssl("pkey", "-in", self.private, "-pubout", "-out", self.public)
        with open(self.public, "rb") as file:
            self.pem = file.read()
        self.fingerprint = "sha256:" + hashlib.sha256(
            openssl("pkey", "-pubin", "-in", self.public, "-outform", "DER")).hexdigest()

    def sign(self, data):
        file = os.path.join(self.directory, "data")
        with open(file, "wb") as out:
            out.write(data)
        return openssl("pkeyutl", "-sign", "-inkey", self.private, "-rawin", "-in", file)


def arrays(size):
    """JSON of so many bytes: an array of empty ones."""
    return b"[" + b"[]," * (size // 3) + b"[]]"


def metadata(names, **more):
    graph = [{"@id": METADATA, "@type": "CreativeWork", "about": {"@id": "./"}},
             {"@id": "./", "@type": "Dataset", "hasPart": [{"@id": n} for n in names]}]
    graph += [{"@id": n, "@type": "File"} for n in names] + more.get("entities", [])
    return json.dumps({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}).encode()


def listed(files):
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def contents(signer, **more):
    """The files of a good crate by name. more: members over the usual ones, None for one to be left out."""
    files = {"spec.json": b'{"name": "x"}', "runs.json": b'{"items": []}', "runs/1/jobs.csv": b"a,b\r\n" * 500,
             "runs/1/artifacts/stdout": b"", KEY: signer.pem}
    files[METADATA] = metadata(sorted(files))
    files |= {name: content for name, content in more.items() if name not in (LIST, SIGNATURE)}
    files = {name: content for name, content in files.items() if content is not None}
    files[LIST] = more.get(LIST, listed(files))
    files[SIGNATURE] = more[SIGNATURE] if SIGNATURE in more else signer.sign(files[LIST])
    return files


class Entry:
    """One file of a zip; whatever is given stands in for what would be true. local_X is what is said of X
    before the content alone."""

    def __init__(self, name, data=b"", deflate=True, **lies):
        self.name = name if isinstance(name, bytes) else name.encode()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush() if deflate else data
        self.packed = lies.pop("packed_data", packed)
        self.true = {"method": 8 if deflate else 0, "crc": zlib.crc32(data), "bytes": len(data),
                     "packed": len(self.packed), "flags": 0, "mode": FILE, "name": self.name, "extra": b"",
                     "local_extra": b"", "gap": b""}
        self.said = self.true | lies

    def local(self):
        local = {name: lie for name, lie in self.said.items() if name.startswith("local_")}
        s = self.said | {name.removeprefix("local_"): lie for name, lie in local.items()}
        head = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, s["flags"], s["method"], 0, 0x21, s["crc"],
                           s["packed"] & NONE32, s["bytes"] & NONE32, len(s["name"]), len(s["extra"]))
        return head + s["name"] + s["extra"] + self.packed + s["gap"]

    def streamed(self, wide=False, mark=b"PK\7\10", **lies):
        """As it is written where nothing is known before: sizes stand behind the content."""
        t = self.true | lies
        local = {"local_crc": 0, "local_bytes": 0, "local_packed": 0}
        if wide:
            local |= {"local_bytes": NONE32, "local_packed": NONE32, "local_extra": struct.pack("<HHQQ", 1, 16, 0, 0)}
        gap = mark + struct.pack("<IQQ" if wide else "<III", t["crc"], t["packed"], t["bytes"])
        self.said |= {"flags": 8, "gap": gap} | local
        return self

    def central(self, at):
        s = self.said
        at = s.get("at", at)
        return struct.pack("<4sBBHHHHHIIIHHHHHII", b"PK\1\2", 20, 3, 20, s["flags"], s["method"], 0, 0x21, s["crc"],
                           s["packed"] & NONE32, s["bytes"] & NONE32, len(self.name), len(s["extra"]), 0, 0, 0,
                           s["mode"] << 16, at) + self.name + s["extra"]


def zip_of(entries, **lies):
    """The bytes. lies: count, directory_bytes, directory_at, disk, comment; end64: what the 64-bit record
    says, as (count, directory_bytes, directory_at)."""
    body, directory = b"", b""
    for entry in entries:
        directory += entry.central(len(body))
        body += entry.local()
    count = lies.get("count", len(entries))
    size, at = lies.get("directory_bytes", len(directory)), lies.get("directory_at", len(body))
    comment, end64 = lies.get("comment", b""), b""
    if "end64" in lies:
        count64, size64, at64 = lies["end64"]
        where = len(body) + len(directory)
        end64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count64, count64, size64, at64)
        end64 += struct.pack("<4sIQI", b"PK\6\7", 0, where, 1)
    disk = lies.get("disk", 0)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", disk, disk, count, count, size, at, len(comment))
    return body + directory + end64 + end + comment


def entries_of(files, **how):
    return [Entry(name, content, **how) for name, content in files.items()]
