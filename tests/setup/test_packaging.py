"""The packaging: setup.cfg declares and pins every import, and packs every file.

It says all that an installation needs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import wsgi
from tests.architecture import rules

ROOT = Path(__file__).parents[2]

#: What these bring is part of them: Flask is Jinja2, Werkzeug and their markup; qrcode[pil] is Pillow.
BROUGHT_BY = {"jinja2": "flask", "werkzeug": "flask", "markupsafe": "flask", "itsdangerous": "flask",
              "pillow": "qrcode", "mako": "alembic", "fontpkg": "fontpkg-noto-serif"}


def distribution(requirement: str) -> str:
    return re.split(r"[\[=<>;!~ ]", requirement)[0].lower().replace("_", "-")


def test_every_requirement_is_pinned() -> None:
    listed = wsgi.requirements(["setup", "run", "test"])
    assert len(listed) > 20
    assert [line for line in listed if not re.match(r"[A-Za-z0-9._-]+(\[\w+\])?==[\w.]+(;.*)?$", line)] == []


def test_every_import_is_required() -> None:
    required = {distribution(line) for line in wsgi.requirements(["run"])}
    owners = packages_distributions()
    undeclared = []
    for module, place in rules.third_party(ROOT).items():
        names = {name.lower().replace("_", "-") for name in owners.get(module, [module])}
        if not required & (names | {BROUGHT_BY.get(name, name) for name in names}):
            undeclared.append(f"{place} ({', '.join(sorted(names))})")
    assert undeclared == []


def test_a_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    """Whatever its folder is called: one without `__init__.py`, or a kind of file that `package_data` does not name,
    is there in a checkout and missing where the wheel is installed."""
    packed = {Path("wsgi.py")} | {
        path.relative_to(ROOT) for package in rules.PACKAGES for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".mo"  # made where it is used
    }  # fmt: skip
    assert {path.parts[0] for path in packed} == {*rules.PACKAGES, "wsgi.py"}
    for path in {*packed, Path("setup.cfg"), Path("pyproject.toml")}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", build, "dist"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("hailong-*.whl")
    inside = {Path(name) for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == packed
