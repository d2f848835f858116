"""Both ways to order an image: the step deploy.write_image and the older standby.prepare_image."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bessemer_agent.command_failed import InvalidParameters
from bessemer_agent.commands.command import Invocation, Report, checked
from bessemer_agent.commands.node_disks import NodeDisks
from bessemer_agent.image_writing.download import Patience
from bessemer_agent.image_writing.file_systems import root_uuid
from bessemer_agent.image_writing.write_image import Order, write_image
from bessemer_wire import AgentConfig, ImageInfo


@dataclass(frozen=True, slots=True)
class ImageWriter:
    """Writes what is ordered to the node's root device."""

    disks: NodeDisks
    config: AgentConfig
    patience: Patience

    def write(self, arguments: Mapping[str, Any], report: Report) -> str:
        """The sentence for the conductor. Raises CommandFailed."""
        image = image_info(arguments)
        drive = arguments.get("configdrive") or None
        if drive is not None and not isinstance(drive, str):
            raise InvalidParameters("'configdrive' must be base64 of gzip, or a URL")
        path = self.disks.path_of(self.disks.root_device())
        order = Order(
            image,
            path,
            drive,
            self.config.permitted_image_formats,
            self.config.md5_allowed,
            self.patience,
        )
        written = write_image(order, report)
        identity = root_uuid(path)
        return written.sentence() + (f" root_uuid={identity}" if identity else "")

    def prepare_image(self, call: Invocation) -> str:
        """standby.prepare_image."""
        return self.write(call.params, call.report)


def image_info(arguments: Mapping[str, Any]) -> ImageInfo:
    """Raises InvalidParameters."""
    value = arguments.get("image_info")
    if not isinstance(value, dict):
        raise InvalidParameters("'image_info' must be an object")
    if value.get("image_type") == "partition":
        raise InvalidParameters(
            "partition images are not supported by this ramdisk; use a whole-disk image"
        )
    image: ImageInfo = checked(ImageInfo.from_json, value)
    return image
