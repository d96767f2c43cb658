"""Whether a customer has room for an account: its address and what the product calls it are its
own, and the person behind it has not too many already."""

from bot.accounts.form_problems import InvalidForm, field_of
from bot.common.mail_addresses import shown
from bot.common.refusals import Refused
from bot.views.account_form import Form
from storage.database import Transaction
from storage.tables import Account
from storage.vocabulary import State

FULL = "form.person_full"


class Room:
    """Asked before an account is created, changed or connected again, while its customer is
    held."""

    def __init__(self, per_person: int) -> None:
        """`per_person`: so many accounts somebody signs in for, or sends from; 0: any number."""
        self._per_person = per_person

    def require(
        self, tx: Transaction, customer_id: int, wanted: Form, account: Account | None = None
    ) -> None:
        """There is room for what a form wants, which is checked by itself: for a new account, or
        for `account`.

        Raises:
            InvalidForm: there is none; it says so at the field.
        """
        other = tx.accounts.with_address(customer_id, wanted.sender_email)
        if other is not None and (account is None or other.id != account.id):
            raise InvalidForm({"sender_email": "form.address_taken"})
        if wanted.external_id:
            self._require_own_id(tx, customer_id, wanted.external_id, account)
        known = {account.username, account.sender_email} if account else set()
        if account is None or wanted.username not in known:
            self._require_not_full(tx, customer_id, wanted, account)

    def require_again(self, tx: Transaction, account: Account) -> None:
        """There is room for an account that was disconnected and comes back. What the product calls
        it goes to the account that has that name by now.

        Raises:
            Refused: another account has its address (the words name its ID), or the person behind
                it has too many.
        """
        customer_id = account.customer_id
        other = tx.accounts.with_address(customer_id, account.sender_email)
        if other is not None and other.id != account.id:
            address = shown(account.sender_email)
            raise Refused("disconnect.address_taken", address=address, ref=other.ref)
        if account.state is not State.DISCONNECTED:
            return
        if self._is_full(tx, customer_id, account.username, account.id):
            person = shown(account.username)
            raise Refused("disconnect.person_full", person=person, count=str(self._per_person))
        if account.external_id and tx.accounts.with_external_id(customer_id, account.external_id):
            account.external_id = None

    def _require_own_id(
        self, tx: Transaction, customer_id: int, external_id: str, account: Account | None
    ) -> None:
        other = tx.accounts.with_external_id(customer_id, external_id)
        if other is not None and (account is None or other.id != account.id):
            raise InvalidForm({"external_id": "form.external_id_taken"}, ref=other.ref)

    def _require_not_full(
        self, tx: Transaction, customer_id: int, wanted: Form, account: Account | None
    ) -> None:
        person = wanted.username
        if self._is_full(tx, customer_id, person, account.id if account else None):
            count = str(self._per_person)
            raise InvalidForm({field_of(wanted, person): FULL}, person=shown(person), count=count)

    def _is_full(self, tx: Transaction, customer_id: int, person: str, but: int | None) -> bool:
        count = tx.accounts.count_of_person(customer_id, person, but)
        return bool(self._per_person) and count >= self._per_person
