"""Where the release has the files that are no code: an installed wheel within the package, a checkout beside it."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
BUILT = (
    _PACKAGE / "built"
)  # made by `setup.py`: static files collected under hashed names, catalogues compiled
IS_BUILT = BUILT.is_dir()
FILES = BUILT if IS_BUILT else _PACKAGE.parent
VAR_DIR = (Path.cwd() if IS_BUILT else _PACKAGE.parent) / "var"
