"""Kickstart files out of templates; pure. Templates are users' own, so that they can do next to nothing.

Commands and sections: pykickstart's documentation. Names in templates: Ironic's.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, UndefinedError, nodes

from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.errors import Invalid

DEFAULT: Final = Path(__file__).with_name("default.ks.j2")
LONGEST: Final = 1 << 20
"""Bytes of a template."""
LONGEST_RENDERED: Final = 8 << 20

_ALLOWED: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If),
    *(nodes.Getattr, nodes.Getitem, nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand),
)
"""Values and conditions: without loops, calls and filters a template costs what its text costs."""
_ENVIRONMENT: Final = Environment(
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - no HTML: what is put in is ours, and of checked characters
)
_SECTION: Final = re.compile(r"%(?!end\b|include\b)[a-z]")
_ENDINGS: Final = re.compile(r"(reboot|poweroff|shutdown|halt)\b")
_KSAPPEND: Final = re.compile(r"^\s*%ksappend\b", re.MULTILINE)


def rendered(template: str, options: Mapping[str, str | bool]) -> str:
    """The file for one machine, with `ks_options` filled in. Raises Invalid.

    It ends with the machine off: a reboot would start the instance on the provisioning network.
    """
    text = _filled_in(template, options)
    if _KSAPPEND.search(text):
        raise Invalid("The kickstart template has %ksappend, which is not taken: use %include.")
    if str(options["heartbeat_url"]) not in text:
        raise Invalid(
            "The kickstart template does not report to {{ ks_options.heartbeat_url }}, so that "
            'nobody would know when the installer is done: have its %post send agent_status "end".'
        )
    drive = str(options["config_drive"])
    return _ending_off(text if drive in text else f"{text}\n{drive}")


def _filled_in(template: str, options: Mapping[str, str | bool]) -> str:
    try:
        parsed = _ENVIRONMENT.parse(template)
        _check(parsed)
        pieces, length = [], 0
        for piece in _ENVIRONMENT.from_string(parsed).generate(ks_options=dict(options)):
            length += len(piece)
            if length > LONGEST_RENDERED:
                raise Invalid(f"The kickstart file is longer than {LONGEST_RENDERED} characters.")
            pieces.append(piece)
    except TemplateSyntaxError as error:
        why = quoted(str(error.message), 200)
        raise Invalid(f"The kickstart template, line {error.lineno}: {why}") from None
    except UndefinedError:
        names = ", ".join(f"ks_options.{name}" for name in sorted(options))
        raise Invalid(
            f"The kickstart template asks for what there is not; there is {names}."
        ) from None
    except (TypeError, RecursionError):
        raise Invalid("The kickstart template compares what cannot be compared.") from None
    return "".join(pieces)


def _check(parsed: nodes.Template) -> None:
    for node in parsed.find_all(nodes.Node):
        hidden = isinstance(node, nodes.Getattr) and node.attr.startswith("_")
        if not isinstance(node, _ALLOWED) or hidden:
            raise Invalid(
                f"The kickstart template, line {node.lineno}: {type(node).__name__} is not taken. "
                "It may hold {{ ks_options.… }} and {% if … %}, no loops, calls and filters."
            )


def _ending_off(text: str) -> str:
    """With `poweroff` in place of any other ending."""
    lines, inside = [], False
    for line in text.splitlines():
        inside = line.strip() != "%end" and (inside or bool(_SECTION.match(line)))
        if inside or not _ENDINGS.match(line.strip()):
            lines.append(line)
    return "\n".join(("poweroff", *lines, ""))
