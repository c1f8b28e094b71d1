"""What `pyproject.toml` cannot say: a wheel holds templates, static files and catalogues, ready to be served."""

import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithFiles(build_py):
    """An editable install finds the files where they lie; a wheel gets `cdsc_portal/built`."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            folder = Path(self.build_lib).resolve() / "cdsc_portal" / "built"
            subprocess.run([sys.executable, "-m", "tools.release.built_files", str(folder)], check=True)  # noqa: S603


setup(cmdclass={"build_py": BuildWithFiles})
