"""An archive that the kernel unpacks as its first file system (cpio, format "newc"; kernel documentation, early-userspace)."""

import os
import re
import stat
import subprocess
from pathlib import Path


class Archive:
    """Files of a guest. What was put first stays; a second file of the same name is left out."""

    def __init__(self, path):
        self._file = open(path, "wb")
        self._names = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._entry("TRAILER!!!", 0, b"")
        self._file.close()

    def folder(self, path):
        """A folder and all above it."""
        for parent in reversed([Path(path), *Path(path).parents]):
            self._put(str(parent), stat.S_IFDIR | 0o755)

    def text(self, path, content, mode=0o644):
        """A file of this content."""
        self.folder(os.path.dirname(path))
        self._put(path, stat.S_IFREG | mode, content if isinstance(content, bytes) else content.encode())

    def copy(self, source, path):
        """A file of this machine."""
        mode = 0o755 if os.access(source, os.X_OK) else 0o644
        self.text(path, Path(source).read_bytes(), mode)

    def program(self, source, path, libraries=()):
        """A program of this machine, and the libraries that it is linked with."""
        self.copy(source, path)
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries))}
        listed = subprocess.run(["ldd", source], env=environment, capture_output=True, text=True)
        if "not found" in listed.stdout:
            raise SystemExit(f"{source} lacks libraries:\n{listed.stdout}")
        for found in re.finditer(r"(/\S+) \(0x", listed.stdout):
            library = found[1]
            folder = "/lib64" if "ld-linux" in library else "/lib/x86_64-linux-gnu"
            self.copy(os.path.realpath(library), f"{folder}/{os.path.basename(library)}")

    def tree(self, source, path, libraries=(), left_out=()):
        """A folder of this machine with all that is in it but folders of these names; what is linked brings its libraries."""
        for folder, folders, files in os.walk(source):
            folders[:] = sorted(set(folders) - set(left_out))
            for name in sorted(files):
                file = os.path.join(folder, name)
                to = f"{path}/{os.path.relpath(file, source)}"
                if is_linked(file):
                    self.program(file, to, libraries)
                else:
                    self.copy(file, to)

    def link(self, path, target):
        """A symbolic link."""
        self.folder(os.path.dirname(path))
        self._put(path, stat.S_IFLNK | 0o777, target.encode())

    def device(self, path, major, minor):
        """A character device."""
        self.folder(os.path.dirname(path))
        self._put(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def _put(self, path, mode, content=b"", device=(0, 0)):
        name = path.strip("/")
        if name and name not in self._names:
            self._names.add(name)
            self._entry(name, mode, content, device)

    def _entry(self, name, mode, content, device=(0, 0)):
        encoded = name.encode() + b"\0"
        fields = (len(self._names), mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        header = b"070701" + "".join(f"{field:08X}" for field in fields).encode() + encoded
        for part in (header, content):
            self._file.write(part + b"\0" * (-len(part) % 4))


def is_linked(path):
    """Whether it is a program or a library of this kind of machine."""
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"
