"""Signatures of temporary URLs."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bessemer.errors import Unauthorized
from bessemer.image.domain.temporary_url import Signer, object_path

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SIGNER = Signer(b"k" * 32)
PATH = object_path("5f3f3a3c-31f0-4a0e-8d5b-1f0f6c2f2c01")


def signed(signer=SIGNER, path=PATH, lifetime=timedelta(minutes=1)):
    return {
        name: values[0] for name, values in parse_qs(signer.query(path, NOW + lifetime)).items()
    }


def test_the_signature_is_swifts():
    expires = int((NOW + timedelta(minutes=1)).timestamp())
    message = f"GET\n{expires}\n{PATH}".encode()
    expected = hmac.new(b"k" * 32, message, hashlib.sha256).hexdigest()
    assert signed() == {"temp_url_sig": expected, "temp_url_expires": str(expires)}


@given(st.text(), st.timedeltas(timedelta(seconds=1), timedelta(days=3650)))
def test_what_was_signed_is_accepted_until_it_expires(path, lifetime):
    assume(not any(0xD800 <= ord(letter) < 0xE000 for letter in path))
    query = signed(path=path, lifetime=lifetime)
    SIGNER.check(path, query, NOW)
    with pytest.raises(Unauthorized, match="expired"):
        SIGNER.check(path, query, NOW + lifetime + timedelta(seconds=1))


@given(st.text(), st.text())
def test_nothing_else_is_accepted(signature, expires):
    right = signed()
    assume((signature, expires) != (right["temp_url_sig"], right["temp_url_expires"]))
    with pytest.raises(Unauthorized):
        SIGNER.check(PATH, {"temp_url_sig": signature, "temp_url_expires": expires}, NOW)


@given(st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_one_wrong_digit_is_refused(position, digit):
    query = signed()
    signature = query["temp_url_sig"]
    assume(signature[position] != digit)
    query["temp_url_sig"] = signature[:position] + digit + signature[position + 1 :]
    with pytest.raises(Unauthorized, match="wrong"):
        SIGNER.check(PATH, query, NOW)


@given(st.binary(min_size=32, max_size=32))
def test_another_key_signs_for_nobody(key):
    assume(key != SIGNER.key)
    with pytest.raises(Unauthorized):
        SIGNER.check(PATH, signed(Signer(key)), NOW)


def test_a_later_expiry_than_signed_is_refused():
    query = signed()
    query["temp_url_expires"] = str(int(query["temp_url_expires"]) + 3600)
    with pytest.raises(Unauthorized, match="wrong"):
        SIGNER.check(PATH, query, NOW)


def test_the_key_is_not_in_its_repr():
    assert "kkkk" not in repr(SIGNER)
