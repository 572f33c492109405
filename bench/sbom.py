"""The bill of materials: what a desk and a centre install, as CycloneDX 1.6 (`python3 wsgi.py sbom`).

It is read from the packages of this environment: the pins of setup.cfg and everything that these bring along here, each
with its version and the licence that its own metadata name; then the type that travels in the checkout.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import sys
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

import wsgi
from models import clock

#: Licences as old metadata call them, where neither an expression nor an SPDX id stands there: classifier → SPDX id.
CLASSIFIED = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Zope Public License": "ZPL-2.1",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "License :: OSI Approved :: zlib/libpng License": "Zlib",
}


def build_bill() -> Bom:
    """The bill of this environment. Raises `importlib.metadata.PackageNotFoundError` where a pin is not installed."""
    requirements = [Requirement(line) for line in wsgi.requirements(["run"])]
    components: dict[str, Component] = {}
    needs: dict[str, set[NormalizedName]] = {}
    waiting = [one for one in requirements if _applies(one, "")]
    roots = {canonicalize_name(one.name) for one in waiting}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        distribution = importlib.metadata.distribution(requirement.name)
        brought = list(_brought_along(distribution, requirement.extras))
        if name not in components:
            components[name] = _describe(distribution)
            needs[name] = set()
        fresh = {canonicalize_name(one.name) for one in brought} - needs[name]
        needs[name] |= fresh
        waiting += [one for one in brought if canonicalize_name(one.name) in fresh]
    bom = Bom(components=components.values())
    bom.metadata.component = own = _describe(importlib.metadata.distribution("hailong"), ComponentType.APPLICATION)
    bom.metadata.timestamp = datetime.datetime.fromtimestamp(clock.now().t / 1000, datetime.UTC)
    bom.components.add(tinos := _describe_tinos())
    pins = "\n".join(sorted(f"{one.name}=={one.version}" for one in bom.components))
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"{own.purl}\n{pins}")  # the same list has the same number
    bom.register_dependency(own, [*(components[name] for name in sorted(roots)), tinos])
    for component_name, component in components.items():
        bom.register_dependency(component, [components[one] for one in sorted(needs[component_name])])
    return bom


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _brought_along(distribution: Distribution, extras: set[str]) -> Iterator[Requirement]:
    """What a package needs on this machine, with the extras it was asked for."""
    for line in distribution.requires or ():
        requirement = Requirement(line)
        if any(_applies(requirement, extra) for extra in ("", *extras)):
            yield requirement


def _describe(distribution: Distribution, kind: ComponentType = ComponentType.LIBRARY) -> Component:
    name, version = canonicalize_name(distribution.metadata["Name"]), distribution.version
    purl = PackageURL("pypi", name=name, version=version)
    licence, declaration = find_licence(distribution), LicenseAcknowledgement.DECLARED
    return Component(
        name=name, version=version, type=kind, purl=purl, bom_ref=str(purl),
        description=distribution.metadata["Summary"],
        licenses=[LicenseFactory().make_from_string(licence, license_acknowledgement=declaration)] if licence else (),
    )  # fmt: skip


def find_licence(distribution: Distribution) -> str:
    """A package's licence as an SPDX id or expression, else in its own words; "" where it names none."""
    metadata = distribution.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classifiers = metadata.get_all("Classifier") or []
    ids = sorted({CLASSIFIED[one] for one in classifiers if one in CLASSIFIED})
    words = metadata["License"].strip() if "License" in metadata else ""
    return " OR ".join(ids) or (words.splitlines()[0][:80] if words else "")


def _describe_tinos() -> Component:
    """The type of the papers, which lies in the checkout and is no package."""
    return Component(
        name="tinos", version="1.340", type=ComponentType.FILE, bom_ref="file:admin/pdf/tinos",
        description="The type of the papers, in admin/pdf/tinos", licenses=[LicenseFactory().make_with_id("OFL-1.1")],
        external_references=[
            ExternalReference(type=ExternalReferenceType.VCS, url=XsUri("https://github.com/googlefonts/tinos"))
        ],
    )  # fmt: skip


def format_bill() -> str:
    """The bill as JSON, with a line's end."""
    return str(JsonV1Dot6(build_bill()).output_as_string(indent=2)) + "\n"


def main() -> int:
    """Write the bill to stdout; returns the exit code."""
    sys.stdout.write(format_bill())
    return 0


if __name__ == "__main__":
    sys.exit(main())
