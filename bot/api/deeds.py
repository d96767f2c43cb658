"""What the vendor's product does with accounts: it begins, changes and ends their road as people
do, with the same checks, and the customer's channel reads who asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.accounts.known_people import KnownPeople, NamedPerson
from bot.accounts.service import Accounts
from bot.api.accounts import ApiAccounts, visible
from bot.api.callers import Caller
from bot.api.errors import error_shape
from bot.api.places import Place, customer_meant, place_meant, require_open
from bot.api.refusals import ApiRefused, Code
from bot.api.requests import Answer, ApiRequests, Asking, Done, Work
from bot.api.shapes import CustomerShape
from bot.api.told import LinkShape, NewAccountShape, PeopleShape, PersonShape, TroubleShape
from bot.checks.met import Heard, MetByProduct, MetTooOften
from bot.checks.service import Checks
from bot.common.clock import Clock
from bot.common.refusals import Refused
from bot.diagnosis.observation import Observation
from bot.lifecycle.states import SIGNED_IN
from bot.messages import notices
from bot.signin.links import Links
from bot.views.account_form import Form, form_of
from bot.views.accounts import AccountView
from bot.views.known_people import KnownPersonView
from storage.database import Store, Transaction
from storage.tables import Account
from storage.vocabulary import State

AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 20
"""So often in an hour one thing is done at an account for the product: each time people read it."""


@dataclass(frozen=True)
class Change:
    """What shall be other about an account; None leaves it as it is."""

    name: str | None = None
    sender_name: str | None = None
    sender_email: str | None = None
    external_id: str | None = None

    def of(self, form: Form) -> Form:
        """The form with it."""
        said = {field: value for field, value in vars(self).items() if value is not None}
        return replace(form, **said)


@dataclass(frozen=True)
class Tools:
    """The services of the bot that do it."""

    accounts: Accounts
    checks: Checks
    links: Links
    people: KnownPeople
    met: MetByProduct


class Deeds:
    """Does what the product asks for."""

    def __init__(
        self, store: Store, clock: Clock, requests: ApiRequests, read: ApiAccounts, tools: Tools
    ) -> None:
        """`read`: how accounts are read by the product."""
        self._store = store
        self._clock = clock
        self._requests = requests
        self._read = read
        self._tools = tools

    def create(self, asking: Asking, place: Place, form: Form) -> Answer:
        """Create an account, and post its card with the login link into the customer's channel.

        Raises:
            InvalidForm, OldAccountThere: as `Accounts.create` does.
            ApiRefused, Refused: the place is not clear, or nothing is created there.
        """

        def prepare(caller: Caller) -> str:
            with self._store.reading() as tx:
                channel_id = place_meant(tx, caller, place)
            self._tools.accounts.vet(channel_id, form, caller.person)
            return channel_id

        def do(tx: Transaction, caller: Caller, channel_id: str) -> Done:
            if place_meant(tx, caller, place) != channel_id:
                raise Refused("refused.channel_not_bound")  # it was another one's, a moment ago
            account = self._tools.accounts.create_whole_in(tx, channel_id, form, caller.person)
            self._tell(tx, account, "product.created", caller)
            link = self._link(tx, account)
            return Done(
                NewAccountShape(account=self._read.shape(tx, account), login_link=link),
                account.customer_id,
            )

        return self._requests.once(asking, Work(prepare, do, status=201))

    def change(self, asking: Asking, ref: str, change: Change) -> Answer:
        """Give an account another name, sender or ID of the product's. Other addresses of one that
        is connected wait until its owner agrees.

        Raises:
            InvalidForm: as `Accounts.change` does.
            ApiRefused: there is no such account.
        """

        def prepare(caller: Caller) -> None:
            with self._store.reading() as tx:
                account = visible(tx, caller, ref)
                form = change.of(_form(tx, account))
            self._tools.accounts.vet_change(account.id, form, caller.person)

        def do(tx: Transaction, caller: Caller, _: None) -> Done:
            account = visible(tx, caller, ref)
            before = _form(tx, account)
            form = change.of(before)
            account = self._tools.accounts.change_in(tx, account.id, form, caller.person)
            if replace(_form(tx, account), external_id=None) != replace(before, external_id=None):
                self._tell(tx, account, "product.changed", caller)
            return Done(self._read.shape(tx, account), account.customer_id)

        return self._requests.once(asking, Work(prepare, do))

    def renew_link(self, asking: Asking, ref: str) -> Answer:
        """Give an account a new login link, which stands in the channel too.

        Raises:
            Refused: as `Accounts.renew_link` does, or the channel is closed.
            ApiRefused: there is no such account, or it had too many links within an hour.
        """

        def do(tx: Transaction, caller: Caller, _: None) -> Done:
            account = visible(tx, caller, ref)
            require_open(tx, account.channel_id)
            self._require_few(tx, account, "link.renewed")
            account = self._tools.accounts.renew_link_in(tx, account.id, caller.person)
            self._tell(tx, account, "product.link", caller)
            return Done(self._link(tx, account), account.customer_id)

        return self._requests.once(asking, Work(_nothing, do))

    def test(self, asking: Asking, ref: str) -> Answer:
        """Have an account tested, and the result shown in its thread. A test that runs already is
        joined.

        Raises:
            Refused: nobody signed in yet, or the channel is closed.
            ApiRefused: there is no such account, or it was tested too often within an hour.
        """

        def do(tx: Transaction, caller: Caller, _: None) -> Done:
            account = tx.accounts.lock(visible(tx, caller, ref).id)
            require_open(tx, account.channel_id)
            if not account.object_id:
                raise Refused("test.not_signed_in", name=account.name)
            if not self._tools.checks.is_tested(tx, account):
                self._require_few(tx, account, "test.requested")
                self._tell(tx, account, "product.tested", caller)
            self._tools.checks.request(tx, account, caller.person)
            return Done(self._read.shape(tx, account), account.customer_id)

        return self._requests.once(asking, Work(_nothing, do, status=202))

    def disconnect(self, asking: Asking, ref: str) -> Answer:
        """End an account's connection. One that has none stays as it is.

        Raises:
            ApiRefused: there is no such account.
        """

        def do(tx: Transaction, caller: Caller, _: None) -> Done:
            account = tx.accounts.lock(visible(tx, caller, ref).id)
            if account.state is not State.DISCONNECTED:
                self._tools.accounts.disconnect_in(tx, account, caller.person)
                self._tell(tx, account, "product.disconnected", caller)
            return Done(self._read.shape(tx, account), account.customer_id)

        return self._requests.once(asking, Work(_nothing, do))

    def met(self, asking: Asking, ref: str, text: str) -> Answer:
        """Hear what the product met at an account: what it means, and that we look into it.

        Raises:
            Refused: nobody is signed in, so that there is nothing to meet.
            ApiRefused: there is no such account, or too much was met there within an hour.
        """

        def prepare(caller: Caller) -> Observation | None:
            with self._store.reading() as tx:
                visible(tx, caller, ref)
            return self._tools.met.read(text)

        def do(tx: Transaction, caller: Caller, seen: Observation | None) -> Done:
            account = tx.accounts.lock(visible(tx, caller, ref).id)
            if account.state not in SIGNED_IN:
                raise Refused("product.not_connected", name=account.name)
            try:
                heard = self._tools.met.hear_in(tx, account, seen, caller.person)
            except MetTooOften as often:
                wait = often.until - self._clock.now()
                raise ApiRefused(Code.TOO_MUCH_MET, retry_after=wait) from None
            return Done(_trouble(heard, account), account.customer_id)

        return self._requests.once(asking, Work(prepare, do))

    def name_people(
        self, asking: Asking, customer: str | None, people: Sequence[NamedPerson]
    ) -> Answer:
        """From now on these are the people of a customer's.

        Raises:
            InvalidForm: they are too many, or a name or an address is wrong.
            Refused: the customer was offboarded.
            ApiRefused: the key is not for that customer.
        """

        def do(tx: Transaction, caller: Caller, _: None) -> Done:
            whose = customer_meant(tx, caller, customer)
            self._tools.people.replace_in(tx, whose.id, people, caller.person)
            kept = map(KnownPersonView.of, tx.people.of_customer(whose.id))
            said = PeopleShape(
                customer=CustomerShape(id=str(whose.id), name=whose.name),
                people=tuple(PersonShape(name=each.name, address=each.address) for each in kept),
            )
            return Done(said, whose.id)

        return self._requests.once(asking, Work(_nothing, do))

    def _tell(self, tx: Transaction, account: Account, sentence: str, caller: Caller) -> None:
        """Say in the thread of the account's card who asked for it."""
        notices.note(tx, account, sentence, self._clock.now(), product=caller.name)

    def _require_few(self, tx: Transaction, account: Account, action: str) -> None:
        """A product that asks in a loop would fill the thread that the customer reads."""
        now = self._clock.now()
        times = tx.audit.times(account.ref, action, now - AN_HOUR)
        if len(times) >= MOST_AN_HOUR:
            wait = times[-MOST_AN_HOUR] + AN_HOUR - now
            raise ApiRefused(Code.TOO_OFTEN, retry_after=wait)

    def _link(self, tx: Transaction, account: Account) -> LinkShape:
        """The account's login link, which was made just now."""
        ticket = tx.signins.usable_ticket(account.id, self._clock.now())
        assert ticket is not None
        return LinkShape(url=self._tools.links.url(ticket), expires_at=ticket.expires_at)


def _nothing(_: Caller) -> None:
    """Nothing has to be prepared."""


def _form(tx: Transaction, account: Account) -> Form:
    """What an account has, or shall have once its owner agrees."""
    change = tx.signins.change(account.id)
    return replace(form_of(AccountView.of(account), change), external_id=account.external_id or "")


def _trouble(heard: Heard, account: Account) -> TroubleShape:
    recorded = heard.recorded
    if recorded is None:
        return TroubleShape(explained=False, failure=None, retest_at=heard.retest_at)
    failure = error_shape(recorded.failure, recorded.verdict, account)
    return TroubleShape(explained=True, failure=failure, retest_at=heard.retest_at)
