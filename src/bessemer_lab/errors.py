"""What can go wrong in the lab, in words for the person who runs it."""


class LabError(Exception):
    """Anything the lab reports: what happened, where, and the next safe step."""


class RackFileError(LabError):
    """The rack file is wrong; the message names the file, the field and what is allowed there."""
