"""Where files lie that are no pages': a folder, or a bucket that speaks S3. `STORAGE_URL` says which."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.files import File

_IN_MEMORY = 16 << 20  # bytes of a file that is read; what is longer waits on the disk


class WrittenFile(File):  # type: ignore[type-arg]  # not generic when it runs
    """A file that lies in a folder of ours already: a storage there takes it by its name, any other copies it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def storage_address(url: str) -> str:
    """`url`, if it is `file:///folder` or `s3://bucket/folder`. Raises ValueError with what it should be."""
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    if parts.username or parts.password:
        raise ValueError("keys have settings of their own, STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY")
    is_file = parts.scheme == "file" and not parts.netloc and parts.path not in ("", "/") and not query
    is_bucket = parts.scheme == "s3" and parts.netloc and set(query) <= {"endpoint", "region"}
    if not is_file and not is_bucket:
        raise ValueError("it must be file:///folder or s3://bucket/folder?endpoint=https://host&region=name")
    for endpoint in query.get("endpoint", ()):
        if not endpoint.startswith(("https://", "http://")):
            raise ValueError("its endpoint must begin with https://")
    return url


def storage_of(url: str, *, access_key: str, secret_key: str) -> dict[str, Any]:
    """Django's setting of the storage at `url`, as `STORAGE_URL` has it.

    `s3://bucket/folder?endpoint=https://host&region=eu-1`: without `endpoint` it is Amazon's, without keys they are
    looked for where its programs look for them.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    endpoint = query.get("endpoint")
    return {
        "BACKEND": "cdsc_portal.lib.runtime.object_storage.ObjectStorage",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "endpoint_url": endpoint,
            "region_name": query.get("region"),
            "access_key": access_key or None,
            "secret_key": secret_key or None,
            "addressing_style": "path" if endpoint else "virtual",
            "signature_version": "s3v4",
            "file_overwrite": False,
            "default_acl": None,
            "max_memory_size": _IN_MEMORY,
        },
    }
