"""*Contact support* about an error."""

from bot.views.audience import Audience
from handlers.cards.actions import ActionId
from handlers.cards.kit import Block, button
from handlers.text.words import plainly


def asking_support(error: str, audience: Audience) -> list[Block]:
    """*Contact support* about an error ID, for whoever is not support."""
    return [contact_button(error)] if audience is Audience.CUSTOMER else []


def contact_button(error: str) -> Block:
    """*Contact support* about an error ID."""
    return button(plainly("button.contact_support"), ActionId.SUPPORT_ASK, error)
