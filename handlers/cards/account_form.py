"""The form *New Microsoft 365 account (Corporate)*."""

from collections.abc import Sequence

from bot.views.account_form import Form
from bot.views.known_people import KnownPersonView
from handlers.cards.actions import FormId
from handlers.cards.kit import (
    LIST_SIZE,
    Block,
    checkboxes,
    header,
    modal,
    option,
    section,
    select_input,
    size,
    text_input,
)
from handlers.text.words import plainly, say

PERSON = "person"
OAUTH = "oauth"
OLD_DELETED = "old_deleted"


def account_form(
    about: str,
    values: Form,
    changes: bool = False,
    old_there: bool = False,
    people: Sequence[KnownPersonView] = (),
) -> Block:
    """The form, with what is known already. `about`: the channel of a new account, or the ID of the
    one that it `changes`; `old_there`: an old account of its address is listed, and asked about;
    `people`: among whom the sender may be chosen. Slack searches them by what is typed. Where they
    are too many for one window, the sender is typed."""
    heading = plainly("form.change_title" if changes else "form.heading")
    blocks = [
        header(heading),
        *(_old(values.sender_email) if old_there else []),
        _field("name", values.name, hint=True),
        *_sender(values, offered(people)),
        _tick("use_oauth", OAUTH, ticked=True),
        _field("username", values.username, hint=True, optional=True),
        _field("aliases", values.aliases, hint=True, optional=True),
        _field("shared_mailbox", values.shared_mailbox, hint=True, optional=True),
    ]
    return modal(
        plainly("form.change_title" if changes else "form.title"),
        blocks,
        callback=FormId.ACCOUNT_CHANGE if changes else FormId.ACCOUNT_CREATE,
        submit=plainly("form.save"),
        metadata=about,
    )


def _field(name: str, initial: str, hint: bool = False, optional: bool = False) -> Block:
    explained = plainly(f"form.{name}_hint") if hint else ""
    return text_input(
        plainly(f"form.{name}"), name, initial=initial, hint=explained, optional=optional
    )


def _sender(values: Form, choices: Sequence[tuple[str, str]]) -> list[Block]:
    """Who sends: typed, or chosen among who is offered."""
    if not choices:
        name = _field("sender_name", values.sender_name, hint=True)
        return [name, _field("sender_email", values.sender_email)]
    hint = plainly("form.person_hint")
    return [
        select_input(plainly("form.person"), PERSON, choices, hint=hint, optional=True),
        *(
            text_input(
                plainly(f"form.{name}"),
                name,
                initial=getattr(values, name),
                hint=plainly(f"form.{name}_or_person_hint"),
                optional=True,
            )
            for name in ("sender_name", "sender_email")
        ),
    ]


def offered(people: Sequence[KnownPersonView]) -> list[tuple[str, str]]:
    """The choices, by their values; none where they would have to be cut short."""
    choices = [(str(each.id), f"{each.name} · {each.address}") for each in people]
    sizes = sum(size(option(text, value)) for value, text in choices)
    return choices if sizes <= LIST_SIZE else []


def _old(address: str) -> list[Block]:
    return [
        section(say("form.old_there", address=address)),
        _tick(OLD_DELETED, OLD_DELETED, ticked=False),
    ]


def _tick(name: str, value: str, ticked: bool) -> Block:
    choice = (value, plainly(f"form.{name}_option"))
    return checkboxes(plainly(f"form.{name}"), name, [choice], [value] if ticked else [])
