"""Every knob of the image room."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ImageSettings(BaseModel):
    """Section `[image]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store_directory: Path | None = Field(
        None, description="image files; by default below the server's state directory"
    )
    url_key_file: Path | None = Field(
        None,
        description="key that signs temporary URLs, the same for all processes; by default "
        "temporary-url.key in the server's state directory",
    )
    max_size_gib: int = Field(100, ge=1, description="largest image that may be uploaded, in GiB")
    permitted_formats: tuple[str, ...] = Field(
        ("raw", "qcow2", "iso"), description="formats that an upload may really be in"
    )
