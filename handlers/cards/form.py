"""The form *New Microsoft 365 account (Corporate)*."""

from bot.accounts import Form
from handlers.cards.kit import Block, header, modal, option, plain, text_input
from handlers.words import plainly

OAUTH = "oauth"


def account_form(about: str, values: Form, changes: bool = False) -> Block:
    """The form, with what is known already. `about`: the channel of a new account, or the ID of the one that it `changes`."""
    heading = plainly("form.change_title" if changes else "form.heading")
    blocks = [
        header(heading),
        _field("name", values.name, hint=True),
        _field("sender_name", values.sender_name, hint=True),
        _field("sender_email", values.sender_email),
        _oauth(),
        _field("username", values.username, hint=True, optional=True),
        _field("aliases", values.aliases, hint=True, optional=True),
        _field("shared_mailbox", values.shared_mailbox, hint=True, optional=True),
    ]
    callback = "account.save_change" if changes else "account.save"
    title, save = plainly("form.change_title" if changes else "form.title"), plainly("form.save")
    return modal(title, blocks, callback=callback, submit=save, metadata=about)


def _field(name: str, initial: str, hint: bool = False, optional: bool = False) -> Block:
    explained = plainly(f"form.{name}_hint") if hint else ""
    return text_input(plainly(f"form.{name}"), name, initial=initial, hint=explained, optional=optional)


def _oauth() -> Block:
    choice = option(plainly("form.use_oauth_option"), OAUTH)
    boxes = {"type": "checkboxes", "action_id": "use_oauth", "options": [choice], "initial_options": [choice]}
    label = plain(plainly("form.use_oauth"), 2000)
    return {"type": "input", "block_id": "use_oauth", "label": label, "element": boxes, "optional": True}
