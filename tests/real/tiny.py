"""An image of a few files, as a file to import: written without the daemon, digest and all."""
import hashlib
import io
import json
import os
import stat
import struct
import subprocess
import tarfile

RECIPE = {"name": "tiny", "digest": "sha256:" + "0" * 64}


class Entry:
    def __init__(self, path, mode, data=b"", target=""):
        self.path, self.mode, self.data, self.target = path, mode, data, target

    def field(self, data):
        return struct.pack("<Q", len(data)) + data

    def digested(self):
        out = self.field(self.path.encode()) + struct.pack("<QQQ", self.mode, 0, 0)
        if stat.S_ISREG(self.mode):
            out += self.field(self.data)
        elif stat.S_ISLNK(self.mode):
            out += self.field(self.target.encode())
        return out + struct.pack("<Q", 0)  # no extended attributes

    def add_to(self, tar):
        info = tarfile.TarInfo(("rootfs/" + self.path).rstrip("/"))
        info.mode = stat.S_IMODE(self.mode)
        info.type = {stat.S_IFDIR: tarfile.DIRTYPE, stat.S_IFLNK: tarfile.SYMTYPE}.get(
            stat.S_IFMT(self.mode), tarfile.REGTYPE
        )
        info.linkname = self.target
        info.size = len(self.data)
        tar.addfile(info, io.BytesIO(self.data))


def entries(content=b"hello\n"):
    return [
        Entry("", stat.S_IFDIR | 0o755),
        Entry("etc", stat.S_IFDIR | 0o755),
        Entry("etc/os-release", stat.S_IFREG | 0o644, b'PRETTY_NAME="Tiny"\n'),
        Entry("hello", stat.S_IFREG | 0o644, content),
        Entry("link", stat.S_IFLNK | 0o777, target="hello"),
    ]


def digest(listed):
    return "sha256:" + hashlib.sha256(b"".join(e.digested() for e in listed)).hexdigest()


def manifest(listed, **other):
    return {
        "format": "benchd-image/1",
        "name": "tiny",
        "digest": digest(listed),
        "recipe": RECIPE,
        "createdAt": "2026-01-31T12:00:00.000Z",
        "sizeBytes": sum(len(e.data) for e in listed),
        "entries": len(listed),
        "distribution": "Tiny",
        "packages": [{"name": "nothing", "version": "1", "architecture": "all"}],
        **other,
    }


def archive(listed=None, extra=(), **in_manifest):
    """Bytes of an image's file. extra: members that do not belong there."""
    listed = listed or entries()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        text = json.dumps(manifest(listed, **in_manifest)).encode()
        info = tarfile.TarInfo("manifest.json")
        info.size, info.mode = len(text), 0o644
        tar.addfile(info, io.BytesIO(text))
        for entry in listed:
            entry.add_to(tar)
        for name, data in extra:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return subprocess.run(["zstd", "-q", "-c"], input=out.getvalue(), capture_output=True, check=True).stdout


def members(data):
    """Of a file that the daemon made: {name: content, or None where it is no file}, manifest."""
    raw = subprocess.run(["zstd", "-d", "-q", "-c"], input=data, capture_output=True, check=True).stdout
    found = {}
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        for member in tar:
            name = os.path.normpath(member.name)
            found[name] = tar.extractfile(member).read() if member.isfile() else None
    return found, json.loads(found["manifest.json"])
