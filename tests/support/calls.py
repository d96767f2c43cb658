"""The calls of the API that do something, as the product makes them."""

import secrets
from typing import Any

from werkzeug.test import TestResponse

from tests.support.product import Product

OFFICE: dict[str, Any] = {
    "name": "Office",
    "sender_name": "Acme Office",
    "sender_email": "office@acme.example",
    "external_id": "box 7",
}
OFF = "535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox."
CALLS = {
    "create": ("POST", "/accounts"),
    "change": ("PATCH", "/accounts/{ref}"),
    "login-link": ("POST", "/accounts/{ref}/login-link"),
    "test": ("POST", "/accounts/{ref}/test"),
    "disconnect": ("POST", "/accounts/{ref}/disconnect"),
    "trouble": ("POST", "/accounts/{ref}/trouble"),
    "people": ("PUT", "/people"),
}
"""Each call by a name: its method, and where it is."""

DEEDS = tuple(f"{method} {path}" for method, path in CALLS.values())

BODIES: dict[str, dict[str, Any]] = {
    "create": OFFICE,
    "change": {"name": "Renamed"},
    "trouble": {"text": f"Could not send: {OFF}"},
    "people": {"people": [{"name": "Jane Roe", "address": "jane@acme.example"}]},
}
NAMED = tuple(name for name, (method, _) in CALLS.items() if method == "POST")
OF_A_CUSTOMER = ("create", "people")


def call(
    product: Product,
    name: str,
    ref: str = "",
    key: str | None = None,
    /,
    *,
    named: str | None = None,
    **body: Any,
) -> TestResponse:
    """Make a call, with some of its body otherwise; `named`: its `Idempotency-Key`, one of its own
    where none is given. It is about the first customer, unless it says otherwise."""
    method, path = CALLS[name]
    named = secrets.token_hex(8) if named is None else named
    headers = {"Idempotency-Key": named} if name in NAMED and named else {}
    if name in OF_A_CUSTOMER:
        body = {"customer": str(product.bot.acme.customer_id), **body}
    said = {**BODIES.get(name, {}), **body}
    more = {"json": said} if said else {}
    return product.call(method, path.format(ref=ref), key, headers=headers, **more)
