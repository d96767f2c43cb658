"""Answers of the API held against its own description."""

import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

Json = dict[str, Any]


def event_validator(document: Json, kind: str) -> Draft202012Validator:
    """What says whether an event of a type is as the description has it."""
    posted = document["webhooks"][kind]["post"]["requestBody"]["content"]["application/json"]
    return Draft202012Validator({"components": document["components"]} | posted["schema"])


class Description:
    """The description that a web application serves, and whether answers keep to it."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._validator = cache(self._new_validator)

    def check(self, method: str, path: str, answer: TestResponse) -> None:
        """Whether an answer is one that the description knows. `path`: below the API's address.

        Raises:
            AssertionError: its status, its kind or its body is another one.
        """
        if method not in ("GET", "POST", "PUT", "PATCH"):
            return
        operation = self._operation(method, path)
        if operation is None:
            self._valid({"$ref": "#/components/schemas/Problem"}, answer)
            return
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None, f"{method} {path}: {answer.status_code} is not described"
        if "content" not in described:
            assert answer.data == b""
            return
        assert list(described["content"]) == [answer.mimetype]
        self._valid(described["content"][answer.mimetype]["schema"], answer)

    def _operation(self, method: str, path: str) -> Json | None:
        for known, operations in self._document["paths"].items():
            there = re.escape(known).replace(r"\{", "{").replace(r"\}", "}")
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", there), path.partition("?")[0]):
                return dict(operations).get(method.lower())
        return None

    def _valid(self, schema: Json, answer: TestResponse) -> None:
        problems = [
            error.message
            for error in self._validator(schema.get("$ref", "")).iter_errors(answer.json)
        ]
        assert problems == [], problems

    def _new_validator(self, reference: str) -> Draft202012Validator:
        schema: Json = {"components": self._document["components"]}
        return Draft202012Validator(schema | ({"$ref": reference} if reference else {}))
