"""Small feed files in the shapes that vendors send."""

from pathlib import Path
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
FOLDER = Path(__file__).parent.parent / "fixtures"


def content_of(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
