"""Config drives: the three spellings, and what is refused."""

import base64
import gzip

import pytest

from bessemer_agent.command_failed import InvalidParameters
from bessemer_agent.image_writing.config_drive import MAX_BYTES, config_drive_content
from bessemer_agent.image_writing.download import Patience

CONTENT = bytes(0x8001) + b"CD001" + b"user data"


def content_of(text: str) -> bytes:
    return config_drive_content(text, Patience())


def test_base64_of_gzip_with_line_ends() -> None:
    encoded = base64.encodebytes(gzip.compress(CONTENT)).decode()
    assert content_of(encoded) == CONTENT


@pytest.mark.parametrize("text", ["", "%%%", base64.b64encode(b"not gzip").decode()])
def test_junk_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameters):
        content_of(text)


def test_a_small_string_cannot_inflate_beyond_the_limit() -> None:
    bomb = base64.b64encode(gzip.compress(bytes(MAX_BYTES + 1))).decode()
    with pytest.raises(InvalidParameters, match=str(MAX_BYTES)):
        content_of(bomb)
