"""The OpenAPI document, made from the same table as the routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from edge_api.problems import CODES, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_api.endpoints.operation import Operation

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "enum": list(CODES)},
        "request_id": {"type": "string"},
    },
}
# What any operation may answer, whoever asks for what.
_ANYWHERE = ("bad-path", "bad-host", "broken", "overloaded", "draining", "elsewhere")
_PERSONAL = ("slow-down", "database", "session-renewed")
_UNSAFE = ("cross-site",)
_BODY = ("bad-json", "slow-body", "too-large", "not-json", "bad-body")
_NEEDS_SESSION = frozenset({"learner", "progress", "account", "fresh"})


def document(operations: tuple[Operation, ...], version: str, cookie: str) -> dict[str, Any]:
    """Return the OpenAPI document of these operations."""
    types = [each for operation in operations for each in (operation.takes, operation.gives) if each is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    shapes = dict(zip(map(id, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        if operation.access != "probe":
            path = re.sub(r"{(\w+)(:\w+)?}", r"{\1}", operation.path)
            paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Coursewright edge API", "version": version},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": cookie}},
        },
    }


def codes(operation: Operation) -> tuple[str, ...]:
    """Return every problem that an operation may answer with."""
    found = [*_ANYWHERE, *operation.problems]
    if operation.access != "public":
        found += _PERSONAL
    else:
        found.append("database")
    if operation.method != "GET":
        found += _UNSAFE
    if operation.takes is not None:
        found += _BODY
    if operation.access in _NEEDS_SESSION:
        found.append("no-session")
    if operation.access in {"account", "fresh"}:
        found += ["needs-passkey", "sign-in-again"]
    return tuple(found)


def _operation(operation: Operation, shapes: dict[int, Any]) -> dict[str, Any]:
    meaning = operation.meaning
    described: dict[str, Any] = {
        "summary": meaning,
        "operationId": f"{operation.method.lower()}{re.sub(r'[^a-z]+', '_', operation.path)}",
        "tags": [operation.access],
        "responses": {str(operation.status): _success(operation, shapes), **_problems(codes(operation))},
    }
    if operation.access == "public" and operation.media == "application/json":
        described["responses"]["304"] = {"description": "Not modified."}
    if operation.access in _NEEDS_SESSION:
        described["security"] = [{"session": []}]
    if operation.parameters:
        described["parameters"] = [
            {
                "name": each.name,
                "in": each.place,
                "required": each.place == "path",
                "schema": each.schema,
                "description": each.meaning,
            }
            for each in operation.parameters
        ]
    if operation.takes is not None:
        content = {"application/json": {"schema": shapes[id(operation.takes)]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _success(operation: Operation, shapes: dict[int, Any]) -> dict[str, Any]:
    if operation.gives is None:
        return {"description": operation.meaning}
    return {"description": operation.meaning, "content": {operation.media: {"schema": shapes[id(operation.gives)]}}}


def _problems(found: Iterable[str]) -> dict[str, Any]:
    by_status: dict[int, set[str]] = {}
    for code in found:
        by_status.setdefault(CODES[code][0], set()).add(code)
    return {
        str(status): {
            "description": ", ".join(sorted(names)),
            "content": {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, names in sorted(by_status.items())
    }
