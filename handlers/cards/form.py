"""The form *New Microsoft 365 account (Corporate)*."""

from handlers.cards.kit import Block, header, modal, option, plain, text_input
from handlers.words import plainly

OAUTH = "oauth"


def account_form(channel_id: str, sender_name: str = "") -> Block:
    """The empty form for a channel."""
    name, hint = plainly("form.name"), plainly("form.name_hint")
    blocks = [
        header(plainly("form.heading")),
        text_input(name, "name", hint=hint),
        text_input(
            plainly("form.sender_name"), "sender_name", initial=sender_name, hint=plainly("form.sender_name_hint")
        ),
        _address("sender_email"),
        _oauth(),
        text_input(plainly("form.username"), "username", hint=plainly("form.username_hint"), optional=True),
        text_input(
            plainly("form.shared_mailbox"), "shared_mailbox", hint=plainly("form.shared_mailbox_hint"), optional=True
        ),
    ]
    return modal(
        plainly("form.title"), blocks, callback="account.save", submit=plainly("form.save"), metadata=channel_id
    )


def _address(name: str) -> Block:
    return text_input(plainly(f"form.{name}"), name)


def _oauth() -> Block:
    choice = option(plainly("form.use_oauth_option"), OAUTH)
    boxes = {"type": "checkboxes", "action_id": "use_oauth", "options": [choice], "initial_options": [choice]}
    label = plain(plainly("form.use_oauth"), 2000)
    return {"type": "input", "block_id": "use_oauth", "label": label, "element": boxes, "optional": True}
