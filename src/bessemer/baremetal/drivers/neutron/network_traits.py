"""The operator's file of network traits."""

from pathlib import Path
from typing import Final

import yaml

from bessemer.baremetal.domain.network_traits.trait import NetworkTrait, traits_of
from bessemer.errors import ConfigurationError, Invalid

SETTING: Final = "baremetal.network_traits_file"


def read_network_traits(file: Path | None) -> tuple[NetworkTrait, ...]:
    """In their order; none without a file. Raises ConfigurationError."""
    if file is None:
        return ()
    try:
        return traits_of(yaml.safe_load(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{SETTING}: {file} cannot be read: {error}") from error
    except Invalid as error:
        raise ConfigurationError(f"{SETTING}: {file}: {error.message}") from error
