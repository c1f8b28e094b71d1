"""`python -m tools.release.built_files FOLDER`: the files of a wheel that are no code (`cdsc_portal/places.py`).

Static files of ours and of the libraries stand there under names with their hash, packed beside it; a page of the
release can only name those that are there.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from tools.files import ROOT


def main(folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "templates", folder / "templates")
    with tempfile.TemporaryDirectory(prefix="cdsc-build-") as var_dir:
        os.environ.update(DEVELOPMENT="1", VAR_DIR=var_dir, DATABASE_URL="", REDIS_URL="")
        os.environ["DJANGO_SETTINGS_MODULE"] = "cdsc_portal.settings"
        from django.conf import settings

        settings.STATIC_ROOT = folder / "static"
        settings.STORAGES["staticfiles"] = {"BACKEND": settings.HASHED_STATIC_FILES}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("collectstatic", verbosity=0, interactive=False)
    from tools.messages import COMPILED, compile_if_stale

    compile_if_stale()
    catalogue = folder / COMPILED.relative_to(ROOT)
    catalogue.parent.mkdir(parents=True)
    shutil.copyfile(COMPILED, catalogue)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
