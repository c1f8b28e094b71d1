"""What a release is installed with, as a CycloneDX bill: each pinned package of a lock file, and its hashes."""

import re
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

_PIN = re.compile(r"^([a-zA-Z0-9._-]+)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def write_bill(lock: Path, version: str, path: Path) -> None:
    own = _component("cdsc-portal", version, [], ComponentType.APPLICATION)
    pinned = [_component(*pin, ComponentType.LIBRARY) for pin in pins(lock.read_text(encoding="utf-8"))]
    bill = Bom(components=pinned)
    bill.metadata.component = own
    bill.register_dependency(own, pinned)
    path.write_text(JsonV1Dot6(bill).output_as_string(indent=2), encoding="utf-8")


def pins(lock: str) -> Iterator[tuple[str, str, list[str]]]:
    """(name, version, digests) of each package of a lock file."""
    for block in re.split(r"\n(?=[a-zA-Z0-9])", lock):
        if pin := _PIN.match(block):
            yield pin[1], pin[2], _HASH.findall(block)


def _component(name: str, version: str, digests: list[str], kind: ComponentType) -> Component:
    address = PackageURL("pypi", name=name, version=version)
    files = [
        ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(str(address)),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        )
        for digest in digests
    ]
    return Component(
        name=name, version=version, type=kind, purl=address, bom_ref=str(address), external_references=files
    )
