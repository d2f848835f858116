"""Passwords: what fits, what does not, and that time tells nobody who exists."""

import time

from bessemer.identity.operations.passwords import Passwords


async def test_only_the_right_password_fits():
    passwords = Passwords()
    kept = await passwords.hash("right")
    assert kept.startswith("$argon2id$")
    assert await passwords.verify(kept, "right")
    assert not await passwords.verify(kept, "wrong")
    assert not await passwords.verify("", "")
    assert not await passwords.verify("not a hash", "right")


async def test_nobodys_own_hash_opens_no_account(monkeypatch):
    passwords = Passwords()
    passwords._nobody = await passwords.hash("guessed")
    for missing in (None, ""):
        assert not await passwords.verify(missing, "guessed")


async def test_a_refusal_costs_the_same_whether_the_user_exists_or_not():
    passwords = Passwords()
    kept = await passwords.hash("right")
    await passwords.verify(None, "warm up")

    async def fastest(password_hash):
        taken = []
        for _ in range(5):
            started = time.perf_counter()
            await passwords.verify(password_hash, "wrong")
            taken.append(time.perf_counter() - started)
        return min(taken)

    known, unknown = await fastest(kept), await fastest(None)
    assert unknown > known / 4
