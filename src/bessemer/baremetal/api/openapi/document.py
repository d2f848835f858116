"""The OpenAPI 3.1 document of the bare metal API, made from its rows; nothing is written twice."""

import re
from collections.abc import Sequence
from typing import Final

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.microversions import MAXIMUM, MINIMUM, VERSIONS
from bessemer.baremetal.api.openapi import schemas
from bessemer.baremetal.api.openapi.schemas import since
from bessemer.json_types import Json, JsonObject
from bessemer.web.routes import Access, Raw, Route

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_IDENTS: Final = {
    "ident": "Its uuid or its name.",
    "name": "Its name.",
    "hostname": "The conductor's host name.",
}
_VERSION_SCHEMA: Final[JsonObject] = {
    "type": "string",
    "pattern": r"^(1\.[1-9][0-9]{0,2}|latest)$",
    "default": str(MINIMUM),
}
_REQUEST_ID: Final[JsonObject] = {
    "description": "The id under which the server's log knows this request.",
    "schema": {"type": "string"},
}


def document(
    operators: Sequence[Endpoint], ramdisk: Sequence[Endpoint], versions: Sequence[Route]
) -> JsonObject:
    """Every operation of the operators' port, and what a booted ramdisk may ask of the other one."""
    paths: dict[str, dict[str, Json]] = {}
    for route in versions:
        if route.path != "/" and route.path.endswith("/"):
            continue  # the same document at both spellings
        paths.setdefault(route.path, {})[route.method.lower()] = _version_document(route)
    for row in operators:
        paths.setdefault(f"/v1{row.path}", {})[row.method.lower()] = operation(row)
    for row in ramdisk:
        listener = {"tags": ["ramdisk"], "x-listener": "provisioning"}
        known = paths.setdefault(f"/v1{row.path}", {})
        known.setdefault(row.method.lower(), {**operation(row), **listener})
    rows = (*operators, *ramdisk)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bessemer bare metal API",
            "version": str(MAXIMUM),
            "description": (
                f"Compatible with Ironic's API, microversions {MINIMUM} to {MAXIMUM}. Everything is "
                "shown as of the newest one; `x-since` names the version something came with."
            ),
        },
        "servers": [{"url": "/"}, {"url": "/baremetal"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components(rows),
            "parameters": {"Version": _version_parameter()},
            "headers": _reply_headers(),
            "responses": {"Refused": _refused()},
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def operation(row: Endpoint) -> JsonObject:
    """One method on one path."""
    described: dict[str, Json] = {
        "operationId": _operation_id(row.method, row.path),
        "summary": row.summary,
        "tags": [row.path.split("/")[1]],
        "parameters": [*_path_parameters(row.path), *_query_parameters(row), _VERSION],
        "responses": {str(row.status): _success(row), "default": _REFUSED},
        "x-policy": row.policy,
        **since(row.since),
    }
    if row.body is not None:
        described["requestBody"] = {
            "required": row.body is not Raw.STREAM,
            "content": {"application/json": {"schema": body_schema(row)}},
        }
    if row.access is not Access.PUBLIC:
        described["security"] = [{"token": []}, {"basic": []}, {}]
    return described


def body_schema(row: Endpoint) -> JsonObject:
    """What the request's body looks like."""
    if row.arguments:
        return schemas.arguments(dict(row.arguments))
    if row.table is not None and row.method == "POST":
        return _reference(schemas.title(row.table, "Creation"))
    if row.table is not None and row.method == "PATCH":
        return _reference(schemas.title(row.table, "Patch"))
    return {"type": "object"}


def reply_schema(row: Endpoint) -> JsonObject | None:
    """What the answer's body looks like; None when there is none."""
    if row.reply:
        return row.reply
    if row.table is None:
        return {"type": "object"} if row.status == 200 else None
    one = _reference(schemas.title(row.table))
    if not row.key:
        return one
    return {
        "type": "object",
        "properties": {
            row.key: {"type": "array", "items": one},
            "next": {"type": "string", "format": "uri", "description": "The next page."},
        },
        "required": [row.key],
        "additionalProperties": False,
    }


_VERSION: Final[JsonObject] = {"$ref": "#/components/parameters/Version"}
_REFUSED: Final[JsonObject] = {"$ref": "#/components/responses/Refused"}


def _reference(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


def _operation_id(method: str, path: str) -> str:
    words = _PARAMETER.sub(r"by_\1", path).strip("/").split("/")
    return "_".join([method.lower(), *words]).replace("-", "_")


def _path_parameters(path: str) -> list[JsonObject]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _IDENTS.get(name, f"The {name}."),
            "schema": {"type": "string", "minLength": 1},
        }
        for name in _PARAMETER.findall(path)
    ]


def _query_parameters(row: Endpoint) -> list[JsonObject]:
    return [
        {"name": name, "in": "query", **_query_schema(row, name), **since(parameter.since)}
        for name, parameter in row.parameters.items()
    ]


def _query_schema(row: Endpoint, name: str) -> JsonObject:
    schema = row.parameters[name].schema
    if row.table is not None and name == "sort_key":
        columns = [field.name for field in row.table if field.column is not None]
        schema = {"type": "string", "enum": ["id", *columns]}
    if row.table is not None and name == "fields":
        one = {"type": "string", "enum": [field.name for field in row.table]}
        schema = {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}
        return {"schema": schema, "style": "form", "explode": False}
    return {"schema": schema}


def _success(row: Endpoint) -> JsonObject:
    answer: dict[str, Json] = {"description": row.summary, "headers": _headers()}
    schema = reply_schema(row)
    if schema is not None:
        answer["content"] = {"application/json": {"schema": schema}}
    return answer


def _refused() -> JsonObject:
    either = [_reference("Error"), _reference("Unrouted")]
    return {
        "description": "Refused, with the reason.",
        "content": {"application/json": {"schema": {"anyOf": either}}},
    }


def _version_parameter() -> JsonObject:
    return {
        "name": VERSIONS.header,
        "in": "header",
        "description": (
            f"The microversion to speak, or `latest`; {MINIMUM} when it is left out. The standard "
            f"header `OpenStack-API-Version: {VERSIONS.service_type} 1.N` says the same."
        ),
        "schema": _VERSION_SCHEMA,
    }


def _reply_headers() -> dict[str, JsonObject]:
    spoken = {
        name: {"description": "A microversion.", "schema": {"type": "string"}}
        for name in VERSIONS.reply_headers(MAXIMUM)
        if name != "Vary"
    }
    return {**spoken, "Openstack-Request-Id": _REQUEST_ID, "X-Openstack-Request-Id": _REQUEST_ID}


def _headers() -> JsonObject:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _reply_headers()}


def _version_document(route: Route) -> JsonObject:
    summary = (route.handler.__doc__ or "").strip().partition("\n")[0]
    answer = {
        "description": summary,
        "headers": _headers(),
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    return {
        "operationId": _operation_id(route.method, route.path.rstrip("/") or "/root"),
        "summary": summary,
        "tags": ["versions"],
        "parameters": [_VERSION],
        "responses": {str(route.status): answer, "default": _REFUSED},
        "x-policy": route.policy,
    }
