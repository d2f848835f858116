"""Every row of the API's table times every persona, at the real gate, against a real database.

The handlers are taken out: what is asked is who gets past the gate, and what the others are told.
"""

from dataclasses import replace

import pytest
from tests.api.security.personas import PERSONAS, Tenancy, authenticate
from tests.asgi import AsgiClient

from bessemer.baremetal.api.endpoints import Endpoint, routes
from bessemer.baremetal.api.errors import error_body
from bessemer.baremetal.api.gate import OWNED, Gate
from bessemer.baremetal.api.microversions import VERSIONS
from bessemer.baremetal.api.operators import endpoints
from bessemer.baremetal.api.policies import RULES
from bessemer.baremetal.api.ramdisk import RamdiskApi
from bessemer.baremetal.operations import vifs
from bessemer.web.dispatch import application
from bessemer.web.routes import Access, Call, Raw, Reply, Service

LATEST = {"X-OpenStack-Ironic-API-Version": "1.115"}

# Who is let in: system, owner, lessee; a(dmin) g (manager) m(ember) r(eader) s(ervice).
# Written from the rules' meaning, not from the table. What is not here obeys the general tests.
EXPECTED = {
    "GET /nodes": ("agmrs", "agmrs", "agmrs"),
    "GET /nodes/detail": ("agmrs", "agmrs", "agmrs"),
    "POST /nodes": ("as", "as", "as"),
    "GET /nodes/{ident}": ("agmrs", "agmrs", "agmr"),
    "PATCH /nodes/{ident}": ("agms", "agm", "agm"),
    "DELETE /nodes/{ident}": ("a", "a", ""),
    "GET /nodes/{ident}/validate": ("agms", "agms", "ag"),
    "GET /nodes/validate": ("agms", "agms", "ag"),
    "GET /nodes/{ident}/states": ("agmrs", "agmrs", "agmr"),
    "PUT /nodes/{ident}/states/power": ("agms", "agm", "agm"),
    "PUT /nodes/{ident}/states/provision": ("agms", "agms", "ag"),
    "PUT /nodes/{ident}/maintenance": ("agms", "agms", "ag"),
    "DELETE /nodes/{ident}/maintenance": ("agms", "agms", "ag"),
    "GET /nodes/{ident}/management/boot_device": ("agms", "ags", ""),
    "PUT /nodes/{ident}/management/boot_device": ("agms", "ags", ""),
    "GET /nodes/{ident}/traits": ("agmrs", "agmrs", "agmr"),
    "PUT /nodes/{ident}/traits": ("agms", "ags", ""),
    "DELETE /nodes/{ident}/traits/{trait}": ("agms", "ags", ""),
    "GET /nodes/{ident}/vifs": ("agmrs", "agmrs", "agmr"),
    "POST /nodes/{ident}/vifs": ("agms", "agms", "ag"),
    "GET /nodes/{ident}/history": ("agmrs", "agmrs", ""),
    "GET /nodes/{ident}/history/{event}": ("agmrs", "agmrs", ""),
    "GET /nodes/{ident}/inventory": ("agmrs", "agmrs", ""),
    "GET /nodes/{ident}/timeline": ("agmrs", "agmrs", ""),
    "GET /nodes/{ident}/ports": ("agmrs", "agmrs", "agmr"),
    "GET /ports": ("agmrs", "agmrs", "agmrs"),
    "POST /ports": ("as", "ags", ""),
    "GET /ports/{ident}": ("agmrs", "agmrs", "agmr"),
    "PATCH /ports/{ident}": ("agms", "ags", ""),
    "DELETE /ports/{ident}": ("as", "ags", ""),
    "GET /portgroups": ("agmrs", "agmrs", "agmrs"),
    "POST /portgroups": ("as", "ags", ""),
    "GET /portgroups/{ident}": ("agmrs", "agmrs", "agmr"),
    "PATCH /portgroups/{ident}": ("agms", "ags", ""),
    "DELETE /portgroups/{ident}": ("as", "ags", ""),
    "GET /volume/targets": ("agmrs", "agmrs", "agmrs"),
    "POST /volume/targets": ("agms", "ags", "ag"),
    "GET /volume/targets/{ident}": ("agmrs", "agmrs", "agmr"),
    "PATCH /volume/targets/{ident}": ("agms", "agms", "ag"),
    "DELETE /volume/targets/{ident}": ("agms", "ags", "ag"),
    "POST /volume/connectors": ("agms", "ags", "ag"),
    "GET /drivers": ("agmrs", "", ""),
    "GET /drivers/{name}": ("agmrs", "", ""),
    "GET /conductors": ("agmrs", "", ""),
    "GET /conductors/{hostname}": ("agmrs", "", ""),
    "GET /chassis": ("agmrs", "", ""),
    "POST /chassis": ("a", "", ""),
    "PATCH /chassis/{ident}": ("agm", "", ""),
    "DELETE /chassis/{ident}": ("a", "", ""),
    "GET /shards": ("agmrs", "", ""),
    "GET /allocations": ("agmrs", "agmrs", "agmrs"),
    "POST /allocations": ("agm", "agm", "agm"),
    "GET /allocations/{ident}": ("agmrs", "agmr", ""),
    "PATCH /allocations/{ident}": ("agm", "agm", ""),
    "DELETE /allocations/{ident}": ("agm", "agm", ""),
    "GET /nodes/{ident}/allocation": ("agmrs", "agmr", ""),
    "GET /deploy_templates": ("agmrs", "", ""),
    "POST /deploy_templates": ("a", "", ""),
    "GET /runbooks": ("agmrs", "agmrs", "agmrs"),
    "POST /runbooks": ("agms", "ags", "ags"),
    "GET /runbooks/{ident}": ("agmrs", "agmrs", "s"),
    "PATCH /runbooks/{ident}": ("agms", "ags", "s"),
    "DELETE /runbooks/{ident}": ("agms", "ags", "s"),
}
LETTERS = {"admin": "a", "manager": "g", "member": "m", "reader": "r", "service": "s"}
TARGETS = ("/nodes/{", "/nodes/v", "/ports/{", "/portgroups/{", "/volume/connectors/{")
TARGETS += ("/volume/targets/{", "/allocations/{", "/runbooks/{")
PARENTED = ("/ports", "/portgroups", "/volume/connectors", "/volume/targets")


def named(row: Endpoint) -> str:
    return f"{row.method} {row.path}"


def rows_of(tenancy: Tenancy) -> list[Endpoint]:
    cloud = tenancy.cloud
    return list(endpoints(cloud.desk, vifs))


def gate_only(tenancy: Tenancy) -> AsgiClient:
    async def admitted(_call: Call) -> Reply:
        return Reply(status=299)

    rows = [replace(row, handler=admitted) for row in rows_of(tenancy)]
    desk = tenancy.cloud.desk
    table = routes(rows, Gate(desk.shelves.database), desk.settings.api)
    service = Service("baremetal", "", table, error_body, VERSIONS)
    return AsgiClient(application([service], authenticate), LATEST)


def url_of(row: Endpoint, tenancy: Tenancy) -> str:
    if row.path == "/nodes/validate":
        return f"/v1/nodes/validate?node={tenancy.node}"
    start = row.path.partition("/{")[0]
    first = tenancy.things.get(start, tenancy.node)
    path, number = row.path, 0
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + (first if number == 0 else "x") + rest.partition("}")[2]
        number += 1
    return f"/v1{path}"


def body_of(row: Endpoint, tenancy: Tenancy) -> object:
    if row.body is None or row.body is Raw.STREAM:
        return None
    if row.method == "PATCH":
        return [{"op": "add", "path": "/extra/a", "value": "b"}]
    return {"node_uuid": tenancy.node} if row.path in PARENTED else {}


async def status(api: AsgiClient, row: Endpoint, tenancy: Tenancy, persona: str) -> int:
    url, body = url_of(row, tenancy), body_of(row, tenancy)
    headers = {"X-Persona": persona}
    return (await api.request(row.method, url, body, headers=headers)).status


async def test_the_important_rows_let_in_whom_they_should(tenancy):
    api = gate_only(tenancy)
    by_name = {named(row): row for row in rows_of(tenancy)}
    wrong = []
    for name, expected in EXPECTED.items():
        for word, letters in zip(("system", "owner", "lessee"), expected, strict=True):
            for role, letter in LETTERS.items():
                found = await status(api, by_name[name], tenancy, f"{word} {role}")
                if (found == 299) is not (letter in letters):
                    wrong.append(f"{name}: {word} {role} gets {found}")
    assert not wrong, "\n".join(wrong)


async def test_no_row_lets_in_who_has_no_business_there(tenancy):
    api = gate_only(tenancy)
    wrong = []
    for row in rows_of(tenancy):
        if row.access is Access.PUBLIC:
            continue
        found = {who: await status(api, row, tenancy, who) for who in PERSONAS}
        targeted = row.path.startswith(TARGETS)
        refusals = {400, 403} if row.path in PARENTED else {403, 404}
        strangers = {who for who in found if who.startswith("stranger")}
        if row.path.startswith("/runbooks/{"):
            strangers -= {"stranger service"}  # services work with everybody's runbooks
        rules = (
            (found["system admin"] == 299, "the system's administrator is kept out"),
            (await status(api, row, tenancy, "") == 401, "somebody without a token gets in"),
            (row.method == "GET" or found["system reader"] != 299, "a system reader writes"),
            (row.method == "GET" or found["owner reader"] != 299, "an owner's reader writes"),
            (row.method == "GET" or found["lessee reader"] != 299, "a lessee's reader writes"),
            (found["owner observer"] in refusals, "a role of no meaning gets in"),
            (
                not targeted or {found[who] for who in strangers} == {404},
                "a stranger learns that there is something",
            ),
            (
                found["nova"] != 299 or found["system member"] == 299 or row.path in OWNED,
                "nova does what the system's members may not",
            ),
            (set(found.values()) <= {299, *refusals, 403}, f"odd answers: {set(found.values())}"),
        )
        wrong += [f"{named(row)}: {words}" for holds, words in rules if not holds]
    assert not wrong, "\n".join(wrong)


async def test_every_row_names_a_rule_of_the_table(tenancy):
    rows = [*rows_of(tenancy), *RamdiskApi(tenancy.cloud.desk).endpoints()]
    unknown = {f"{named(row)}: {row.policy}" for row in rows}
    assert not {each for each in unknown if each.rpartition(": ")[2] not in RULES}


async def test_the_gate_costs_the_system_no_query_and_others_one(tenancy, monkeypatch):
    api, asked = gate_only(tenancy), []
    monkeypatch.setattr(type(tenancy.cloud.desk.shelves.database), "read", _counting(asked))
    for persona, expected in (("system reader", 0), ("owner reader", 1), ("lessee reader", 1)):
        asked.clear()
        for url in ("/v1/nodes", f"/v1/nodes/{tenancy.node}"):
            await api.get(url, X_Persona=persona)
        assert len(asked) == expected, persona


def _counting(asked):
    from bessemer.db.engine import Database

    real = Database.read

    def read(self):
        asked.append(1)
        return real(self)

    return read


@pytest.mark.parametrize("persona", ["owner admin", "stranger admin", "system reader"])
async def test_what_is_not_there_is_not_found_by_anybody(tenancy, persona):
    for path in ("nodes", "ports", "portgroups", "volume/targets", "allocations", "runbooks"):
        answer = await tenancy.by(persona).get(f"/v1/{path}/no-such-thing")
        assert answer.status == 404, path
