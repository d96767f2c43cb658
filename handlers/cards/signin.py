"""The question whether who signed in belongs to the customer's own organisation."""

from handlers.cards.actions import ActionId
from handlers.cards.kit import Block, button
from handlers.text.words import plainly


def organisation_buttons(ref: str) -> list[Block]:
    """Yes and no, about the sign-in to an account that is held."""
    yes = button(
        plainly("button.confirm_organisation"), ActionId.ORGANISATION_CONFIRM, ref, "primary"
    )
    return [yes, button(plainly("button.deny_organisation"), ActionId.ORGANISATION_DENY, ref)]
