"""A table taken away as files: Parquet, with a manifest that says what is in it and by which digests.

`archive/<table>/00000.parquet` and so on, then `archive/<table>/manifest.json`: a folder without it is not whole.
"""

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime

import orjson
import polars as pl
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

ROWS_A_FILE = 200_000
_COLUMNS = """
    SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
# what is not here is written as text, as the database writes it
_TYPES: dict[str, pl.DataType] = {
    "bigint": pl.Int64(),
    "integer": pl.Int32(),
    "smallint": pl.Int16(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp with time zone": pl.Datetime("us", "UTC"),
    "bytea": pl.Binary(),
    "bigint[]": pl.List(pl.Int64()),
}


def archive_table(table: str, *, at: datetime) -> str:
    """Write all rows of `table`, one of ours, to the file storage; returns the manifest's name.

    What a broken try left behind is written again. Raises OSError where the storage does not hold afterwards what was
    written: nothing may be dropped then.
    """
    folder = f"archive/{table}"
    _empty(folder)
    files = [_store(f"{folder}/{number:05}.parquet", frame) for number, frame in enumerate(_frames(table))]
    manifest = {
        "table": table,
        "written": at.isoformat(),
        "rows": sum(int(file["rows"]) for file in files),
        "columns": dict(_columns(table)),
        "files": files,
    }
    return _write(f"{folder}/manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def _columns(table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        return list(cursor.fetchall())


def _frames(table: str) -> Iterator[pl.DataFrame]:
    """ROWS_A_FILE at a time; one without rows for a table that has none."""
    columns = _columns(table)
    names = ", ".join(f'"{name}"' if kind in _TYPES else f'"{name}"::text' for name, kind in columns)
    schema = {name: _TYPES.get(kind, pl.String()) for name, kind in columns}
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {table}")  # noqa: S608 - names of ours
        rows = cursor.fetchmany(ROWS_A_FILE)
        yield pl.DataFrame(rows, schema=schema, orient="row")
        while rows := cursor.fetchmany(ROWS_A_FILE):
            yield pl.DataFrame(rows, schema=schema, orient="row")


def _store(name: str, frame: pl.DataFrame) -> dict[str, str | int]:
    written = io.BytesIO()
    frame.write_parquet(written, compression="zstd")
    content = written.getvalue()
    _write(name, content)
    return {
        "name": name.rpartition("/")[2],
        "rows": frame.height,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _empty(folder: str) -> None:
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{folder}/{name}")


def _write(name: str, content: bytes) -> str:
    """Write a file under this very name, and read it again."""
    stored = default_storage.save(name, ContentFile(content))
    with default_storage.open(stored) as file:
        kept = hashlib.sha256(file.read()).digest()
    if stored != name or kept != hashlib.sha256(content).digest():
        raise OSError(f"the storage does not hold {name} as it was written")
    return stored
