"""The practice Slack's page in a real browser."""

from playwright.sync_api import Page


def become(page: Page, person: str) -> None:
    """Look at everything as this person."""
    page.get_by_label("You are").select_option(value=person)
