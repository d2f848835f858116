"""The error that a command ends with when it cannot do what it was asked."""


class CommandFailed(Exception):
    """`details` says what happened, where, and what to do; `type_name` is upstream's spelling."""

    type_name = "CommandExecutionError"
    code = 500
    message = "Command execution failed"

    def __init__(self, details: str) -> None:
        super().__init__(details)
        self.details = details


class InvalidParameters(CommandFailed):
    """The command was asked for wrongly; nothing was touched."""

    type_name = "InvalidCommandParamsError"
    code = 400
    message = "Invalid command parameters"


class VersionMismatch(CommandFailed):
    """The conductor's list of clean steps comes from another agent: it must ask again."""

    type_name = "VersionMismatch"
    message = "Hardware managers version mismatch"


class ImageRefused(CommandFailed):
    """The image is not what was announced, or not allowed on a disk."""

    type_name = "InvalidImage"
    message = "Image refused"


class ChecksumMismatch(CommandFailed):
    """What was downloaded is not what was ordered."""

    type_name = "ImageChecksumError"
    message = "Image checksum mismatch"


class DownloadFailed(CommandFailed):
    """No address of the image could be read to its end."""

    type_name = "ImageDownloadError"
    message = "Image download failed"


class DiskUnsuitable(CommandFailed):
    """No disk fits, or the one that does cannot take the image."""

    type_name = "DeviceNotFound"
    code = 404
    message = "No suitable disk"
