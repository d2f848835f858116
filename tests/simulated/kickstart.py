"""A kickstart file as an installer reads it; standard library only, since it runs in machines, too."""

import re
import shlex
from dataclasses import dataclass, field

SECTION = re.compile(r"^%(pre|post|onerror|traceback|packages)\b")


class InstallerFailed(Exception):
    """What a person would read on the console."""


@dataclass
class Kickstart:
    """Commands by name, and sections in order."""

    commands: dict[str, list[str]] = field(default_factory=dict)
    sections: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> "Kickstart":
        """Raises InstallerFailed for a section without an end."""
        made, name, lines = cls(), "", []
        for line in text.splitlines():
            found = SECTION.match(line)
            if name and line.strip() == "%end":
                made.sections.append((name, "\n".join(lines)))
                name, lines = "", []
            elif name:
                lines.append(line)
            elif found:
                name = found[1]
            elif line.strip() and not line.startswith("#"):
                command, *words = shlex.split(line)
                made.commands[command] = words
        if name:
            raise InstallerFailed(f"Section %{name} does not end with %end.")
        return made

    def option(self, command: str, name: str) -> str | None:
        """`--name=VALUE` of a command."""
        words = self.commands.get(command, [])
        return next((w.partition("=")[2] for w in words if w.startswith(f"--{name}=")), None)
