"""The row of an account that is made from a form."""

from datetime import datetime

from bot.common import ids
from bot.common.people import Person
from bot.views.account_form import Form
from storage.tables import Account, Channel
from storage.vocabulary import Owner, State


def new_account(channel: Channel, form: Form, by: Person, now: datetime) -> Account:
    """The account that `by` makes in a channel, before anything happened to it."""
    return Account(
        ref=ids.new_account_ref(),
        customer_id=channel.customer_id,
        channel_id=channel.id,
        name=form.name,
        sender_name=form.sender_name,
        sender_email=form.sender_email,
        username=form.username,
        shared_mailbox=form.shared_mailbox,
        aliases=form.aliases,
        external_id=form.external_id or None,
        address_key=form.sender_email.lower(),
        state=State.CREATED,
        state_since=now,
        owner=Owner.MAILDESK,
        created_at=now,
        created_by_team=by.team,
        created_by_user=by.user,
    )
