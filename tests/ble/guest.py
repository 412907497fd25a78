"""A small Linux with a real Bluetooth stack, for an emulator: Debian's own kernel, bluetoothd and busybox, nothing compiled.

    guest.py prepare FOLDER              fetch Debian's packages, unpack them, write the kernel and the common archive
    guest.py python FOLDER OUT LIST      what the list with pinned versions names, for the guest's Python
    guest.py pack FOLDER OUT FILE:PATH…  that archive and the named files and folders behind it, programs with their libraries

The packages are unpacked below FOLDER, not installed: an emulator from Debian would replace parts of a newer one.
"""

import lzma
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from archive import Archive, is_linked

HERE = Path(__file__).resolve().parent

# For the guest.
GUEST = ["bluez", "busybox-static"]
# For this machine: the emulator; and the bus, which goes into the guest with its libraries.
HOST = ["qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios", "dbus-daemon"]
# The libraries that every machine has, and whose version fits its loader.
OWN_LIBRARIES = ("libc6", "libc-bin", "libgcc", "libstdc++", "libcrypt1", "libperl")

# Parts of Python's own library that no program in the guest needs.
LEFT_OUT = ("ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tests", "tkinter", "turtledemo", "venv")

# In the order in which the kernel wants them: the random generator before the elliptic curves, whose self-test needs it.
MODULES = """af_alg algif_hash algif_skcipher cmac ecb ctr sha512_generic skcipher hmac drbg ecdh_generic crc16 bluetooth
    hci_uart virtio_pci virtio_console""".split()

PROGRAMS = ["usr/libexec/bluetooth/bluetoothd", "usr/bin/btattach", "usr/bin/btmon", "usr/bin/bluetoothctl"]

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy>
</busconfig>
"""


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


def kernel_package():
    """The name of Debian's newest kernel, which the metapackage depends on."""
    listed = run("apt-cache", "depends", "linux-image-amd64", capture_output=True, text=True).stdout
    found = re.search(r"Depends: (linux-image-\S+)", listed)
    if not found:
        raise SystemExit("apt knows no linux-image-amd64: run `apt-get update`, on Debian 12 or newer for amd64")
    return found[1]


def python_packages():
    """Debian's Python without what installs it: the program and its two halves of a library."""
    listed = run("apt-cache", "depends", "python3-minimal", capture_output=True, text=True).stdout
    found = re.search(r"(python3\.\d+)-minimal", listed)
    if not found:
        raise SystemExit("apt knows no python3-minimal: run `apt-get update`, on Debian 12 or newer for amd64")
    return [f"{found[1]}-minimal", f"lib{found[1]}-minimal", f"lib{found[1]}-stdlib"]


def libraries_of(packages):
    """The libraries that these packages need, with those that these need."""
    relations = "recommends suggests conflicts breaks replaces enhances".split()
    options = ["--recurse", *(f"--no-{relation}" for relation in relations)]
    listed = run("apt-cache", "depends", *options, *packages, capture_output=True, text=True).stdout
    names = set(re.findall(r"^(lib\S+)$", listed, re.MULTILINE))
    return sorted(name for name in names if not name.startswith(OWN_LIBRARIES))


def fetch(folder, kernel):
    debs = folder / "packages"
    debs.mkdir()
    guest = [*GUEST, *python_packages()]
    wanted = {kernel, *guest, *HOST, *libraries_of(guest + HOST)}
    run("apt-get", "download", "--quiet=2", *sorted(wanted), cwd=debs)
    for deb in sorted(debs.glob("*.deb")):
        of_guest = deb.name.startswith(("linux-image", *guest))
        run("dpkg-deb", "--extract", deb, folder / ("guest" if of_guest else "host"))
    shutil.rmtree(debs)


def unpack_kernel(image, out):
    """The ELF inside the boot image: an emulator that boots it spares itself the unpacking."""
    packed = image.read_bytes()
    for start in re.finditer(rb"\xfd7zXZ\x00", packed):
        kernel = lzma.LZMADecompressor().decompress(packed[start.start() :])
        if kernel.startswith(b"\x7fELF"):
            out.write_bytes(kernel)
            return
    raise SystemExit(f"{image.name} holds no kernel packed with xz")


def modules(folder):
    """The files of `MODULES` and of what they depend on, in an order in which they can be loaded."""
    files = {path.stem.replace("-", "_"): path for path in folder.glob("**/*.ko")}
    ordered = []

    def add(name):
        path = files.get(name.replace("-", "_"))
        if path is None or path in ordered:
            return  # Built into the kernel.
        depends = re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())
        for other in depends[1].decode().split(",") if depends else []:
            add(other)
        ordered.append(path)

    for name in MODULES:
        add(name)
    return ordered


def libraries(folder):
    """Where the unpacked libraries lie."""
    return [folder / "host" / part for part in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")]


def python_program(folder):
    """The guest's Python, where it was unpacked."""
    return next((folder / "guest/usr/bin").glob("python3.*"))


def compile_python(folder, source):
    """Ahead, because an emulated machine is slow at it. The archive keeps no times to compare."""
    python = python_program(folder)
    variables = {"PYTHONHOME": folder / "guest/usr", "LD_LIBRARY_PATH": ":".join(map(str, libraries(folder)))}
    options = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-x", f"/({'|'.join(LEFT_OUT)})/"]
    run(python, *options, source, env={**os.environ, **variables})


def add_python(archive, folder):
    python = python_program(folder)
    library = folder / "guest/usr/lib" / python.name
    compile_python(folder, library)
    archive.program(python, f"usr/bin/{python.name}", libraries(folder))
    archive.link("bin/python3", f"/usr/bin/{python.name}")
    archive.tree(library, f"usr/lib/{python.name}", libraries(folder), LEFT_OUT)


def install_python(folder, out, requirements):
    """By the Python that runs this, which has pip; for the guest's, which may be another version."""
    shutil.rmtree(out, ignore_errors=True)
    version = python_program(folder).name.removeprefix("python")
    options = ["--quiet", "--target", out, "--python-version", version, "--only-binary", ":all:"]
    run(sys.executable, "-m", "pip", "install", *options, "--requirement", requirements)
    compile_python(folder, out)


def write_common(folder, kernel):
    guest = folder / "guest"
    found = modules(guest / "lib/modules" / kernel.removeprefix("linux-image-"))
    with Archive(folder / "common.cpio") as archive:
        for path in "proc sys dev tmp run/dbus var/lib/bluetooth var/lib/dbus".split():
            archive.folder(path)
        archive.device("dev/console", 5, 1)
        archive.device("dev/null", 1, 3)
        archive.copy(guest / "bin/busybox", "bin/busybox")
        archive.link("bin/sh", "busybox")
        for program in PROGRAMS:
            archive.program(guest / program, f"bin/{Path(program).name}", libraries(folder))
        archive.program(folder / "host/usr/bin/dbus-daemon", "bin/dbus-daemon", libraries(folder))
        add_python(archive, folder)
        archive.text("etc/passwd", "root:x:0:0:root:/run:/bin/sh\n")
        archive.text("etc/group", "root:x:0:\n")
        archive.text("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        archive.text("etc/dbus.conf", BUS)
        archive.link("var/run", "/run")
        for module in found:
            archive.copy(module, f"modules/{module.name}")
        archive.text("modules/order", "".join(f"{module.name}\n" for module in found))
        archive.text("init", (HERE / "init.sh").read_text(), 0o755)


def prepare(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kernel = kernel_package()
    fetch(folder, kernel)
    unpack_kernel(folder / "guest/boot" / f"vmlinuz-{kernel.removeprefix('linux-image-')}", folder / "kernel")
    write_common(folder, kernel)
    shutil.rmtree(folder / "guest/lib/modules")


def pack(folder, out, pairs):
    added = out.with_suffix(".added")
    with Archive(added) as archive:
        for pair in pairs:
            source, _, path = pair.rpartition(":")
            if Path(source).is_dir():
                archive.tree(source, path, libraries(folder))
            elif is_linked(source):
                archive.program(source, path)
            else:
                archive.copy(source, path)
    with open(out, "wb") as whole:
        for part in (folder / "common.cpio", added):
            whole.write(part.read_bytes())
            whole.write(b"\0" * (-whole.tell() % 512))
    added.unlink()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare", folder]:
            prepare(Path(folder).resolve())
        case ["python", folder, out, requirements]:
            install_python(Path(folder).resolve(), Path(out).resolve(), requirements)
        case ["pack", folder, out, *pairs]:
            pack(Path(folder).resolve(), Path(out).resolve(), pairs)
        case _:
            raise SystemExit(__doc__)
