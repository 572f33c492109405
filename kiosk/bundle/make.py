"""The making of a bundle: our own wheel, those it needs on the desk's system, and what goes along.

Our own wheel goes without the centre. Runs where there is a network, from a checkout. Versions are those this machine
was tested with: our pins, and for what those bring along the versions installed here. Which of them the desk's system
needs is read from their own metadata under that system's markers; `pip` alone would judge by the machine it runs on.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import itertools
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from kiosk.error_catalogue.command_errors import BundleNotMade

FILES = Path(__file__).resolve().parent / "files"
ROOT = Path(__file__).resolve().parents[2]
#: What a desk is made of; the centre's code stays where the centre is.
PARTS = ("kiosk", "models", "translations", "wsgi.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@dataclass(frozen=True)
class Platform:
    """A system a desk may have: its wheel tags, best first, the Pythons it usually has, and what markers say there."""

    tags: tuple[str, ...]
    pythons: tuple[str, ...]
    markers: dict[str, str]


def _linux(machine: str) -> Platform:
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(36, 16, -1)]
    return Platform(
        (*tags, f"manylinux2014_{machine}", f"linux_{machine}"),
        ("3.11", "3.13"),  # Debian 12 and 13
        {"os_name": "posix", "platform_machine": machine, "platform_system": "Linux", "sys_platform": "linux"},
    )


PLATFORMS = {
    "linux": _linux("x86_64"),
    "linux-arm64": _linux("aarch64"),
    "windows": Platform(
        ("win_amd64",),
        ("3.13",),
        {"os_name": "nt", "platform_machine": "AMD64", "platform_system": "Windows", "sys_platform": "win32"},
    ),
}


def make_bundle(folder: Path, platform: str, pythons: Sequence[str] = ()) -> Path:
    """Make `hailong-desk-VERSION-PLATFORM` in `folder` and return its path; one that is there is replaced. `pythons`
    as 3.11, by default those of the platform. Raises `BundleNotMade`."""
    if not (ROOT / "setup.cfg").exists():
        raise BundleNotMade("bundle_needs_checkout")
    system = PLATFORMS[platform]
    pythons = tuple(pythons) or system.pythons
    with tempfile.TemporaryDirectory(prefix="hailong-") as name:
        bundle = Path(name) / "bundle"
        wheels = bundle / "wheels"
        wheels.mkdir(parents=True)
        own = _own_wheel(Path(name), wheels)
        for python in pythons:
            _gather(wheels, own, system, python)
        version = _metadata(own)["Version"]
        _lay_out(bundle, windows=platform == "windows")
        (bundle / "VERSION").write_text(f"{version}\n", encoding="utf-8")
        (bundle / "PYTHONS").write_text(f"{' '.join(pythons)}\n", encoding="utf-8")
        sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bundle).as_posix()}\n"
                for path in sorted(bundle.rglob("*")) if path.is_file()]  # fmt: skip
        (bundle / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")
        target = folder / f"hailong-desk-{version}-{platform}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(bundle, target)
    return target


def pack_bundle(bundle: Path) -> Path:
    """The bundle as one zip file beside it; the files keep their right to be run."""
    archive = bundle.with_name(f"{bundle.name}.zip")
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(bundle.rglob("*")):
            if path.is_file():
                zipped.write(path, f"{bundle.name}/{path.relative_to(bundle).as_posix()}")
    return archive


def wheel_versions(bundle: Path) -> dict[str, str]:
    """Name → version of every wheel in a bundle."""
    all_metadata = (_metadata(wheel) for wheel in sorted((bundle / "wheels").glob("*.whl")))
    return {str(metadata["Name"]).lower(): str(metadata["Version"]) for metadata in all_metadata}


def _lay_out(bundle: Path, *, windows: bool) -> None:
    """Copy what goes beside the wheels: the installer at the top, the rest in `files/`."""
    top = ("README.txt", "install.ps1" if windows else "install.sh")
    file_names = ("screen.ps1", "screen.flags") if windows else tuple(
        path.name for path in FILES.iterdir() if path.suffix != ".ps1" and path.name not in ("README.txt", "install.sh")
    )  # fmt: skip
    (bundle / "files").mkdir()
    shutil.copy(FILES.with_name("watch.py"), bundle / "files")
    for name, target in [*((name, bundle) for name in top), *((name, bundle / "files") for name in file_names)]:
        text = (FILES / name).read_text(encoding="utf-8")
        # The PowerShell that Windows brings reads UTF-8 only behind its mark.
        (target / name).write_text(text, encoding="utf-8-sig" if name.endswith(".ps1") else "utf-8", newline="\n")
        shutil.copymode(FILES / name, target / name)


def _own_wheel(scratch: Path, wheels: Path) -> Path:
    source = scratch / "source"
    for part in PARTS:
        path = ROOT / part
        if path.is_dir():
            shutil.copytree(path, source / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            source.mkdir(exist_ok=True)
            shutil.copy(path, source / part)
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    _run([sys.executable, "-c", build, str(wheels)], source)
    return next(wheels.glob("hailong-*.whl"))


def _gather(wheels: Path, own: Path, system: Platform, python: str) -> None:
    """Download what is missing in `wheels` for one Python of the system, until nothing is."""
    packages: dict[str, Any] = {"hailong": _metadata(own)}
    for _round in range(8):
        needs = find_requirements(packages, system, python)
        if set(needs) <= set(packages):
            pins = [line if "==" in line else f"{name}=={packages[name]['Version']}" for name, line in needs.items()]
            _download(pins, wheels, system, python)
            return
        for name in set(needs) - set(packages):
            try:
                packages[name] = importlib.metadata.metadata(name)
            except importlib.metadata.PackageNotFoundError:  # needed there, not here: its wheel says what it needs
                _download([needs[name]], wheels, system, python)
                packages |= {_name(metadata["Name"]): metadata for metadata in map(_metadata, wheels.glob(f"{name}-*"))}
    raise BundleNotMade("bundle_not_resolved")


def find_requirements(packages: Mapping[str, Any], system: Platform, python: str) -> dict[str, str]:
    """Name → requirement of everything that our own wheel needs on a system with a Python as 3.13, as far as the
    `packages` metadata (by name; `hailong` is ours) tell, and of pip. A pinned requirement goes before an open one."""
    from packaging.requirements import Requirement

    markers = {**system.markers, "implementation_name": "cpython", "platform_python_implementation": "CPython",
               "python_full_version": f"{python}.0", "python_version": python}  # fmt: skip
    own = packages["hailong"].get_all("Requires-Dist")
    todo = [Requirement("hailong"), next(Requirement(line) for line in own if line.startswith("pip=="))]
    done: set[tuple[str, str]] = set()
    requirements: dict[str, str] = {}
    while todo:
        requirement = todo.pop()
        name = _name(requirement.name)
        if name != "hailong" and "==" not in requirements.get(name, ""):
            requirements[name] = f"{requirement.name}{requirement.specifier or _installed(name)}"
        lines = packages[name].get_all("Requires-Dist") if name in packages else None
        for line, extra in itertools.product(lines or (), ("", *requirement.extras)):
            inner = Requirement(line)
            fits = inner.marker is None or inner.marker.evaluate({**markers, "extra": extra})
            if fits and (name, line) not in done:
                done.add((name, line))
                todo.append(inner)
    return requirements


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed(name: str) -> str:
    """The version of a package as it is here, as `==…`; nothing when it is not installed here."""
    try:
        return f"=={importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def _download(lines: Sequence[str], wheels: Path, system: Platform, python: str) -> None:
    tags = [word for tag in system.tags for word in ("--platform", tag)]
    _run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--only-binary=:all:", "--implementation", "cp", "--python-version", python, *tags, "--dest", str(wheels),
         *sorted(lines)],
        wheels,
    )  # fmt: skip


def _metadata(wheel: Path) -> Any:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(name).decode())


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise BundleNotMade("bundle_not_made", output=" ".join(done.stderr[-600:].split()))
