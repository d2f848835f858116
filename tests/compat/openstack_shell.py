"""The real `openstack` command, many times in one process: one JSON list of arguments per line.

Answers each line with `{"status", "out", "err"}`. The client is untouched; only its start-up, two
seconds of imports, is paid once instead of a hundred times.
"""

import contextlib
import io
import json
import sys

from openstackclient.shell import main


def run(arguments: list[str]) -> dict[str, object]:
    """Exit status and what was written, as a shell would see it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code
    return {"status": status or 0, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
