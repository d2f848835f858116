"""A config drive as a kickstart section: its files, where cloud-init of the installed system seeks them."""

import base64
import io
import re
import shlex
import textwrap
from collections.abc import Iterator
from typing import Any, Final

from bessemer.errors import Invalid

FOLDER: Final = "/var/lib/cloud/seed/config_drive"
LONGEST: Final = 1 << 20
_PATH: Final = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+\Z")


def section(drive: bytes | None) -> str:
    """A `%post` section that writes the files; empty without a config drive. Raises Invalid."""
    if drive is None:
        return ""
    lines = ["%post --erroronfail", "umask 077"]
    total = 0
    for path, content in _files(drive):
        total += len(content)
        if total > LONGEST:
            raise Invalid(f"The config drive's files have more than {LONGEST} bytes.")
        target = shlex.quote(FOLDER + path)
        encoded = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 76))
        lines += [
            f"mkdir -p {shlex.quote((FOLDER + path).rpartition('/')[0])}",
            f"base64 -d >{target} <<'CONTENT'",
            *([encoded] if encoded else []),
            "CONTENT",
        ]
    return "\n".join((*lines, "%end", ""))


def _files(drive: bytes) -> Iterator[tuple[str, bytes]]:
    """Of ISO 9660 with Rock Ridge or Joliet names. Raises Invalid."""
    import pycdlib  # a big library, loaded only where it is used
    from pycdlib.pycdlibexception import PyCdlibException

    iso: Any = pycdlib.PyCdlib()
    try:
        iso.open_fp(io.BytesIO(drive))
        kind = "rr_path" if iso.has_rock_ridge() else "joliet_path"
        for folder, _, names in iso.walk(**{kind: "/"}):
            for name in names:
                path = f"{folder.rstrip('/')}/{name}"
                if not _PATH.match(path):
                    raise Invalid(
                        "A file of the config drive has a name of other characters than letters, "
                        "digits, `_`, `-` and `.`: deploy interface anaconda does not take it."
                    )
                content = io.BytesIO()
                iso.get_file_from_iso_fp(content, **{kind: path})
                yield path, content.getvalue()
    except (PyCdlibException, ValueError) as error:
        raise Invalid(
            "The config drive cannot be read: deploy interface anaconda takes ISO 9660 with Rock "
            f"Ridge or Joliet names ({type(error).__name__})."
        ) from error
    finally:
        if getattr(iso, "_initialized", False):
            iso.close()
