"""What a fleet's agent does on command: nothing, in the time that it was told to take."""

import base64
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bessemer_lab.fleet.journal import Refused, Work
from bessemer_wire import CommandRequest, ImageInfo, Malformed, StepDescription

MANAGER: Final = "FleetHardwareManager"
VERSIONS: Final = {"fleet_hardware_manager": "1"}
_IMAGE: Final = {"image_info": {"description": "Which image to take as written.", "required": True}}
WRITE: Final = StepDescription("write_image", 0, argsinfo=_IMAGE)
STEPS: Final[Mapping[str, tuple[StepDescription, ...]]] = {
    "deploy": (WRITE, StepDescription("erase_devices_metadata", 0)),
    "clean": (
        StepDescription("erase_devices_metadata", 99, abortable=True),
        StepDescription("erase_devices", 10, abortable=True),
    ),
    "service": (WRITE,),
}
_LOG: Final = base64.b64encode(gzip.compress(b"a fleet's agent keeps no log\n")).decode()


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds that an image and a clean step take."""

    write_s: float = 10.0
    clean_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Commands:
    """Of one agent. `power_off` takes the machine's power away."""

    durations: Durations
    power_off: Callable[[], None]
    lock_down: Callable[[], None]

    def work_of(self, request: CommandRequest) -> Work:
        """Raises Refused."""
        extension, _, name = request.name.partition(".")
        if extension in STEPS and name == f"get_{extension}_steps":
            steps = [each.as_json() for each in STEPS[extension]]
            offer = {f"{extension}_steps": {MANAGER: steps}, "hardware_manager_version": VERSIONS}
            return Work(offer)
        if extension in STEPS and name == f"execute_{extension}_step":
            return self._step(extension, request.params)
        plain = self._plain().get(request.name)
        if plain is None:
            raise Refused(404, f"There is no command {request.name!r}.")
        return plain(request.params)

    def _plain(self) -> Mapping[str, Callable[[Mapping[str, Any]], Work]]:
        return {
            "standby.prepare_image": self._prepare_image,
            "standby.get_partition_uuids": lambda _: Work({}),
            "standby.power_off": lambda _: Work(asynchronous=True, then=self.power_off),
            "standby.sync": lambda _: Work(),
            "image.install_bootloader": lambda _: Work(asynchronous=True),
            "log.collect_system_logs": lambda _: Work({"system_logs": _LOG}),
            "poll.set_node_info": lambda _: Work(),
            "rescue.finalize_rescue": lambda _: Work(then=self.lock_down),
            "system.lockdown": lambda _: Work(then=self.lock_down),
        }

    def _step(self, phase: str, params: Mapping[str, Any]) -> Work:
        step = params.get("step")
        name = step.get("step") if isinstance(step, Mapping) else None
        if not isinstance(step, Mapping) or name not in {each.step for each in STEPS[phase]}:
            raise Refused(400, f"There is no {phase} step {name!r}.")
        if name == WRITE.step:
            return self._written(step.get("args"), f"{phase}_result", {f"{phase}_step": step})
        result = {f"{phase}_result": "nothing was there", f"{phase}_step": step}
        return Work(result, self.durations.clean_s, asynchronous=True)

    def _prepare_image(self, params: Mapping[str, Any]) -> Work:
        return self._written(params, "result", {})

    def _written(self, arguments: Any, key: str, more: Mapping[str, Any]) -> Work:
        given = arguments.get("image_info") if isinstance(arguments, Mapping) else None
        try:
            image = ImageInfo.from_json(given if isinstance(given, dict) else {})
        except Malformed as error:
            raise Refused(400, str(error)) from None
        sentence = f"image ({image.id}) taken as written; a fleet's machine has no disk"
        return Work({key: sentence, **more}, self.durations.write_s, asynchronous=True)
