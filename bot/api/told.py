"""What the product is told of what it did."""

from datetime import datetime

from bot.api.shapes import AccountShape, CustomerShape, ErrorShape, Shape


class LinkShape(Shape):
    """A login link: only the mailbox's own person gets anywhere with it. It stands in the
    customer's channel, too."""

    url: str
    expires_at: datetime


class NewAccountShape(Shape):
    """An account that was created, with its login link."""

    account: AccountShape
    login_link: LinkShape


class TroubleShape(Shape):
    """What was made of what the product met. `failure`: what it means, and under which error ID it
    is kept; None where it means nothing to us (`explained` is false). `retest_at`: when we test the
    account ourselves; None where it is tested now."""

    explained: bool
    failure: ErrorShape | None
    retest_at: datetime | None


class PersonShape(Shape):
    """Somebody who may be the sender of an account."""

    name: str
    address: str


class PeopleShape(Shape):
    """The people of a customer's, by their names."""

    customer: CustomerShape
    people: tuple[PersonShape, ...]
