"""Which of the project's own functions a call runs."""

import sys
from collections.abc import Callable
from types import CodeType, FrameType

from tools.files import ROOT

_PACKAGES = tuple(f"{ROOT / name}/" for name in ("accounts", "cdsc_portal", "consent", "datahub"))


def own_functions(call: Callable[[], object]) -> set[tuple[str, str]]:
    """(file, name) of each function of the product that `call` runs; comprehensions are part of theirs."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return {
        (code.co_filename.removeprefix(f"{ROOT}/"), f"{code.co_qualname} in line {code.co_firstlineno}")
        for code in codes
        if code.co_filename.startswith(_PACKAGES) and (code.co_name == "<lambda>" or code.co_name[0] != "<")
    }
