"""A conda channel of two packages, made of what this machine has: `python` and `pip`.

`python` is the interpreter that runs the tests: a copy of its executable beside links to its standard
library. `pip` is the wheel that ensurepip brings. conda's own packages have their files in the same places.
"""

import ensurepip
import hashlib
import io
import json
import platform
import sys
import tarfile
import zipfile
from pathlib import Path

SHORT = f"python{sys.version_info.major}.{sys.version_info.minor}"
BASE = Path(sys.base_prefix)


def write_channel(folder, subdir):
    """Write the channel. subdir: conda's name of this platform, such as linux-64."""
    listed = {subdir: write_python(folder / subdir, subdir), "noarch": write_pip(folder / "noarch")}
    for name, packages in listed.items():
        repodata = {"info": {"subdir": name}, "packages": packages, "packages.conda": {}}
        (folder / name / "repodata.json").write_text(json.dumps(repodata | {"repodata_version": 1}))


def write_python(folder, subdir):
    """Write the package of the interpreter; returns its row of repodata.json."""
    library = BASE / "lib" / SHORT
    files = {
        f"bin/{SHORT}": (BASE / "bin" / SHORT).resolve().read_bytes(),
        f"lib/{SHORT}/site-packages/README.txt": b"\n",
    }
    links = {f"bin/{name}": SHORT for name in ("python", "python3")}
    links |= {f"lib/{path.name}": str(path) for path in (BASE / "lib").glob("libpython*")}
    left_out = {"site-packages", "dist-packages", "__pycache__", "test", "idlelib", "lib2to3", "tkinter"}
    for path in library.rglob("*"):
        if path.is_file() and left_out.isdisjoint(path.relative_to(library).parts):
            links[str(path.relative_to(BASE))] = str(path)
    if str(BASE) == "/usr":  # Debian's Python has site-packages only where it takes itself for a virtual one
        files["pyvenv.cfg"] = f"home = {BASE / 'bin'}\n".encode()
    version = platform.python_version()
    return write_package(folder, {"name": "python", "version": version, "subdir": subdir}, files, links)


def write_pip(folder):
    """Write the package of pip; returns its row of repodata.json."""
    wheel = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        files = {f"site-packages/{name}": archive.read(name) for name in names}
    installer = next(name for name in files if name.endswith("/METADATA")).replace("METADATA", "INSTALLER")
    files[installer] = b"conda"
    index = {"name": "pip", "version": wheel.name.split("-")[1], "subdir": "noarch", "noarch": "python"}
    return write_package(folder, index | {"depends": ["python"]}, files, {})


def write_package(folder, index, files, links):
    """Write a .tar.bz2 and return {its name: its row of repodata.json}.

    index: what info/index.json says. files: {path: bytes}, those of bin/ executable. links: {path: target}.
    """
    index = {"build": "0", "build_number": 0, "depends": []} | index
    paths = [path_entry(path, "hardlink", content) for path, content in files.items()]
    paths += [path_entry(path, "softlink", b"") for path in links]
    info = {"index.json": index, "paths.json": {"paths": paths, "paths_version": 1}, "about.json": {}}
    if "noarch" in index:
        info["link.json"] = {"noarch": {"type": "python"}, "package_metadata_version": 1}
    written = {f"info/{name}": json.dumps(content).encode() for name, content in info.items()}
    written["info/files"] = "".join(f"{path}\n" for path in [*files, *links]).encode()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:bz2", compresslevel=1) as archive:
        for path, content in (written | files).items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o755 if path.startswith("bin/") else 0o644
            archive.addfile(entry, io.BytesIO(content))
        for path, target in links.items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    content = stream.getvalue()
    name = "{name}-{version}-{build}.tar.bz2".format_map(index)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    digests = {kind: hashlib.new(kind, content).hexdigest() for kind in ("md5", "sha256")}
    return {name: index | digests | {"size": len(content)}}


def path_entry(path, kind, content):
    """What info/paths.json says of a file or a link."""
    digest = hashlib.sha256(content).hexdigest()
    return {"_path": path, "path_type": kind, "sha256": digest, "size_in_bytes": len(content)}
