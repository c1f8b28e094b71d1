"""The files that rows name: feed files, bills, proofs, what third parties sent or get."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.core.files.storage import Storage, default_storage
from django.db.models import FileField

from cdsc_portal.lib.runtime import private_files

_PIECE = 1 << 20
_NOT_KEPT = "downloads"  # customers order such a file again


def named_files() -> set[str]:
    """The names of all files that a row of any table names; a statement a field."""
    fields = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, FileField)
    ]
    names: set[str] = set()
    for model, name in fields:
        rows = model._base_manager.exclude(**{name: ""}).exclude(**{f"{name}__isnull": True})
        names.update(rows.order_by().values_list(name, flat=True).distinct().iterator())
    return names


def copy_new(folder: Path) -> None:
    """Copy into `folder` what is stored and not there yet, or was unfinished when it was copied."""
    for name in _stored(default_storage, ""):
        copy = folder / name
        if not copy.is_file() or copy.stat().st_size != default_storage.size(name):
            _copy(name, copy)


def put_back(folder: Path) -> int:
    """Store again each file of `folder` under its name; one that is stored already with its size stays."""
    count = 0
    for path in files_in(folder):
        name = path.relative_to(folder).as_posix()
        if default_storage.exists(name):
            if default_storage.size(name) == path.stat().st_size:
                continue
            default_storage.delete(name)
        with path.open("rb") as source:
            if default_storage.save(name, source) != name:
                raise FileExistsError(name)
        count += 1
    return count


def files_in(folder: Path) -> Iterator[Path]:
    return iter(sorted(path for path in folder.rglob("*") if path.is_file()))


def _stored(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield f"{folder}{name}"
    for name in folders:
        if f"{folder}{name}" == _NOT_KEPT:
            continue
        yield from _stored(storage, f"{folder}{name}/")


def _copy(name: str, copy: Path) -> None:
    """A file that is deleted meanwhile is left aside: what a row names at the dump is looked for afterwards."""
    private_files.make_folder(copy.parent)
    try:
        source = default_storage.open(name)
    except FileNotFoundError:
        return
    with source, private_files.open_file(copy, "wb") as target:
        while piece := source.read(_PIECE):
            target.write(piece)
