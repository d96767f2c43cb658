"""The calls that begin, change and end the road of an account, and what the product tells us."""

from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field

from bot.accounts.known_people import MOST, NamedPerson
from bot.api.deeds import Change, Deeds
from bot.api.places import Place
from bot.api.refusals import Code
from bot.api.requests import Answer
from bot.api.shapes import AccountShape
from bot.api.told import LinkShape, NewAccountShape, PeopleShape, TroubleShape
from bot.checks.met import LONGEST
from bot.views.account_form import Form
from handlers.api.routes import Asked, Call, Route
from storage.api_vocabulary import ApiScope

LONGEST_TEXT = 400
"""So many characters of a field are read at all: what is too long for it, its own rule says."""

LONGEST_PEOPLE = 512 * 1024
"""So many bytes a list of people has."""

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,9}$", examples=["7"])]
ChannelId = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{1,20}$", examples=["C024BE91L"])]
ExternalId = Annotated[str, Field(max_length=LONGEST_TEXT, examples=["mailbox-4711"])]

OF_A_FORM = (Code.FIELDS, Code.REFUSED, Code.OLD_ACCOUNT)
ONCE = (Code.NO_NAME, Code.IN_PROGRESS, Code.OTHER_CALL)


class NewAccount(Asked):
    """The account that shall be created. `customer` and `channel` may be left out where only one
    is possible; `username` is who signs in, where that is not the sender's address."""

    customer: Number | None = None
    channel: ChannelId | None = None
    name: Text
    sender_name: Text
    sender_email: Text
    username: Text = ""
    shared_mailbox: Text | None = None
    aliases: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    external_id: ExternalId | None = None
    old_account_deleted: bool = False

    def form(self) -> Form:
        """As people fill it in."""
        return Form(
            name=self.name,
            sender_name=self.sender_name,
            sender_email=self.sender_email,
            username=self.username,
            shared_mailbox=self.shared_mailbox or "",
            aliases=" ".join(self.aliases),
            old_deleted=self.old_account_deleted,
            external_id=self.external_id,
        )


class ChangedAccount(Asked):
    """What shall be other about an account. What is not named stays as it is; an `external_id` of
    null takes it away."""

    name: Text | None = None
    sender_name: Text | None = None
    sender_email: Text | None = None
    external_id: ExternalId | None = None

    def change(self) -> Change:
        """As the bot takes it."""
        taken = "external_id" in self.model_fields_set and self.external_id is None
        external_id = "" if taken else self.external_id
        return Change(self.name, self.sender_name, self.sender_email, external_id)


class Met(Asked):
    """What the product met: a server's reply, or the text of an error."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class GivenPerson(Asked):
    """Somebody who may be the sender of an account."""

    name: Text
    address: Text


class GivenPeople(Asked):
    """All the people of a customer's, who take the place of those before."""

    customer: Number | None = None
    people: Annotated[tuple[GivenPerson, ...], Field(max_length=MOST)]


def routes(deeds: Deeds) -> list[Route]:
    """The calls that do something."""
    return [*_made_and_changed(deeds), *_done_with_one(deeds), _met(deeds), _people(deeds)]


def _made_and_changed(deeds: Deeds) -> Iterator[Route]:
    def create(call: Call) -> Answer:
        said = call.said(NewAccount)
        return deeds.create(call.asking, Place(said.customer, said.channel), said.form())

    def change(call: Call) -> Answer:
        return deeds.change(call.asking, call.path["ref"], call.said(ChangedAccount).change())

    yield Route(
        "POST",
        "/accounts",
        "createAccount",
        "Create an account",
        ApiScope.WRITE,
        NewAccountShape,
        create,
        body=NewAccount,
        refuses=OF_A_FORM + ONCE,
        named=True,
        status=201,
    )
    yield Route(
        "PATCH",
        "/accounts/{ref}",
        "changeAccount",
        "Change an account's name, sender or your ID of it",
        ApiScope.WRITE,
        AccountShape,
        change,
        body=ChangedAccount,
        refuses=(Code.FIELDS,),
    )


def _done_with_one(deeds: Deeds) -> Iterator[Route]:
    """Calls that say which account they are about, and nothing more."""
    yield Route(
        "POST",
        "/accounts/{ref}/login-link",
        "renewLoginLink",
        "Make a new login link",
        ApiScope.WRITE,
        LinkShape,
        _on_account(deeds.renew_link),
        refuses=(Code.REFUSED, Code.TOO_OFTEN, *ONCE),
        named=True,
    )
    yield Route(
        "POST",
        "/accounts/{ref}/test",
        "testAccount",
        "Begin a connection test",
        ApiScope.WRITE,
        AccountShape,
        _on_account(deeds.test),
        refuses=(Code.REFUSED, Code.TOO_OFTEN, *ONCE),
        named=True,
        status=202,
    )
    yield Route(
        "POST",
        "/accounts/{ref}/disconnect",
        "disconnectAccount",
        "End an account's connection",
        ApiScope.WRITE,
        AccountShape,
        _on_account(deeds.disconnect),
        refuses=ONCE,
        named=True,
    )


def _met(deeds: Deeds) -> Route:
    def met(call: Call) -> Answer:
        return deeds.met(call.asking, call.path["ref"], call.said(Met).text)

    return Route(
        "POST",
        "/accounts/{ref}/trouble",
        "reportTrouble",
        "Tell what you met at a mailbox",
        ApiScope.WRITE,
        TroubleShape,
        met,
        body=Met,
        refuses=(Code.REFUSED, Code.TOO_MUCH_MET, *ONCE),
        named=True,
    )


def _people(deeds: Deeds) -> Route:
    def people(call: Call) -> Answer:
        said = call.said(GivenPeople)
        given = [NamedPerson(each.name, each.address) for each in said.people]
        return deeds.name_people(call.asking, said.customer, given)

    return Route(
        "PUT",
        "/people",
        "namePeople",
        "Name the people of a customer's who may be senders",
        ApiScope.WRITE,
        PeopleShape,
        people,
        body=GivenPeople,
        refuses=(Code.FIELDS, Code.REFUSED),
        longest=LONGEST_PEOPLE,
    )


def _on_account(deed: Callable[..., Answer]) -> Callable[[Call], Answer]:
    return lambda call: deed(call.asking, call.path["ref"])
