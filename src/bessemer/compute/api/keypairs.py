"""`/os-keypairs`."""

import re
from typing import Any, Final

from bessemer.clock import now
from bessemer.compute.api.bodies import NewKeyPair, NewKeyPairBody
from bessemer.compute.api.server_views import naive
from bessemer.compute.domain.keypair import KeyPair, fingerprint_of, generate
from bessemer.compute.store import keypairs as store
from bessemer.db.engine import Database
from bessemer.errors import Forbidden, Invalid, NotFound
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply, Route

NAME: Final = re.compile(r"[A-Za-z0-9 _.@-]{1,255}\Z")
IMPORT_ONLY: Final = 92
"""From this microversion on a public key must be given."""


def body(keypair: KeyPair, minor: int) -> JsonObject:
    """As in lists."""
    shown: dict[str, Any] = {
        "name": keypair.name,
        "public_key": keypair.public_key,
        "fingerprint": keypair.fingerprint,
    }
    return shown | ({"type": keypair.type} if minor >= 2 else {})


class KeyPairsApi:
    """Handlers of `/os-keypairs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, call: Call) -> Reply:
        """The caller's; an administrator may ask for another user's [2.10]."""
        async with self._database.read() as connection:
            found = await store.list_keypairs(connection, _owner(call))
        return Reply({"keypairs": [{"keypair": body(k, call.version.minor)} for k in found]})

    async def create(self, call: Call) -> Reply:
        """Import a public key, or (before 2.92) make a pair and hand out the private half once."""
        wanted: NewKeyPairBody = call.body
        new = wanted.keypair
        _check(new, call.version.minor)
        owner = _owner(call, new.user_id)
        private, public = (None, new.public_key) if new.public_key else generate()
        assert public is not None
        public = public.strip()
        keypair = KeyPair(owner, new.name, public, fingerprint_of(public), now())
        async with self._database.write() as connection:
            await store.add_keypair(connection, keypair)
        shown = {**body(keypair, call.version.minor), "user_id": owner}
        if private is not None:
            shown["private_key"] = private
        return Reply({"keypair": shown}, status=201 if call.version.minor >= 2 else 200)

    async def show(self, call: Call) -> Reply:
        """One. Raises NotFound."""
        owner, name = _owner(call), call.path["name"]
        async with self._database.read() as connection:
            keypair = await store.find_keypair(connection, owner, name)
        if keypair is None:
            raise NotFound(f"Keypair {name} not found for user {owner}")
        more = {
            "user_id": owner,
            "id": 0,
            "created_at": naive(keypair.created_at),
            "deleted": False,
            "deleted_at": None,
            "updated_at": None,
        }
        return Reply({"keypair": {**body(keypair, call.version.minor), **more}})

    async def delete(self, call: Call) -> Reply:
        """Servers keep their copy."""
        async with self._database.write() as connection:
            await store.remove_keypair(connection, _owner(call), call.path["name"])
        return Reply(status=204 if call.version.minor >= 2 else 202)


def _check(new: NewKeyPair, minor: int) -> None:
    if not NAME.match(new.name) or new.name != new.name.strip():
        raise Invalid("A key pair's name has letters, digits, spaces and _ . @ - (1 to 255).")
    if new.type != "ssh":
        raise Invalid("Key pairs are of type ssh.")
    if minor >= IMPORT_ONLY and not new.public_key:
        raise Invalid("public_key is required from version 2.92 on: make the pair yourself.")


def _owner(call: Call, asked: str | None = None) -> str:
    own = call.context.user_id or ""
    wanted = asked or call.query.get("user_id") or own
    if wanted != own and not call.context.is_admin:
        raise Forbidden("Only an administrator may see to others' key pairs.")
    return wanted


def keypair_routes(database: Database) -> tuple[Route, ...]:
    """All of them."""
    api, policy = KeyPairsApi(database), "os_compute_api:os-keypairs"
    one = "/v2.1/os-keypairs/{name}"
    return (
        Route("GET", "/v2.1/os-keypairs", api.list, f"{policy}:index"),
        Route("POST", "/v2.1/os-keypairs", api.create, f"{policy}:create", body=NewKeyPairBody),
        Route("GET", one, api.show, f"{policy}:show"),
        Route("DELETE", one, api.delete, f"{policy}:delete"),
    )
