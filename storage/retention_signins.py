"""What is forgotten of login links and the sign-ins that were begun from them: their secrets soon,
and later the rows, by which somebody who comes back is told that it is over."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, exists, select, update

from storage.forgetting import AT_ONCE, forget, not_last, unreferred
from storage.tables import LinkPress, LoginTicket, SignInFlow
from storage.types import ERASED


class SignInRetention:
    """Forgets up to so many rows, or the secrets in them, that ended before a moment; says how
    many."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.kinds: Mapping[str, Callable[[datetime, int], int]] = {
            "link_secrets": self.link_secrets,
            "sign_in_secrets": self.sign_in_secrets,
            "presses": self.presses,
            "sign_ins": self.sign_ins,
            "links": self.links,
        }

    def link_secrets(self, before: datetime, limit: int) -> int:
        """The secrets of links that were used, withdrawn or ran out. A link that is over is never
        shown again; by its digest it is still known."""
        return self._erase(LoginTicket, _over(before), limit)

    def sign_in_secrets(self, before: datetime, limit: int) -> int:
        """What it took to finish sign-ins that came back, or did not in time."""
        flow = SignInFlow
        over = (col(flow.finished_at) < before) | (col(flow.expires_at) < before)
        return self._erase(SignInFlow, over, limit)

    def presses(self, before: datetime, limit: int) -> int:
        """Presses that do not count any more, where no other press has them forgotten."""
        return forget(self._session, LinkPress, (col(LinkPress.at) < before,), limit)

    def sign_ins(self, before: datetime, limit: int) -> int:
        """Sign-ins, ended or not, with the end of their link: until then they say whether a
        browser was at Microsoft before, and whether it came back."""
        over = exists().where(col(LoginTicket.id) == SignInFlow.ticket_id, _over(before))
        return forget(self._session, SignInFlow, (over,), limit)

    def links(self, before: datetime, limit: int) -> int:
        """Links that were used or withdrawn. One that only ran out stays until the account has
        another one, or is disconnected: people may still be asked what they saw at Microsoft."""
        key = col(LoginTicket.id)
        old = (_settled(before), not_last(key), *unreferred(key))
        return forget(self._session, LoginTicket, old, limit)

    def _erase(self, table: Any, over: ColumnElement[bool], limit: int) -> int:
        there = col(table.sealed) != ERASED
        found = select(table.id).where(over, there).limit(limit)
        ids = list(self._session.exec(found.with_for_update(skip_locked=True)))
        for begin in range(0, len(ids), AT_ONCE):
            these = col(table.id).in_(ids[begin : begin + AT_ONCE])
            self._session.exec(update(table).where(these).values(sealed=ERASED))
        return len(ids)


def _settled(before: datetime) -> ColumnElement[bool]:
    return (col(LoginTicket.finished_at) < before) | (col(LoginTicket.revoked_at) < before)


def _over(before: datetime) -> ColumnElement[bool]:
    return _settled(before) | (col(LoginTicket.expires_at) < before)
