"""What is known of approvals: answers of administrators, and what Microsoft shows."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, or_, select

from storage.tables import Account, ApprovalAnswer, ApprovalWatch, Failure, HeldSignIn


class ApprovalRepository:
    """Queries about approvals, and about organisations that are asked for one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def is_answered(self, account_id: int, page_digest: str, asked_at: datetime) -> bool:
        """Whether a page needs no answer any more: it has one, or the same account's approval
        became known after `asked_at`, when this page was made."""
        later_yes = col(ApprovalAnswer.approved) & (col(ApprovalAnswer.at) > asked_at)
        own = col(ApprovalAnswer.page_digest) == page_digest
        found = select(ApprovalAnswer.page_digest).where(
            ApprovalAnswer.account_id == account_id, own | later_yes
        )
        return self._session.exec(found.limit(1)).first() is not None

    def latest(self, account_id: int) -> ApprovalAnswer | None:
        """The last yes that is known of an account."""
        found = select(ApprovalAnswer).where(
            ApprovalAnswer.account_id == account_id, col(ApprovalAnswer.approved)
        )
        return self._session.exec(found.order_by(col(ApprovalAnswer.at).desc())).first()

    def known(
        self, channel_id: str, first: datetime, last: datetime
    ) -> list[tuple[Account, ApprovalAnswer]]:
        """The channel's accounts whose approval became known from `first` until before `last`, with
        the last yes of each, oldest account first."""
        found = (
            select(Account, ApprovalAnswer)
            .join(Account)
            .where(Account.channel_id == channel_id, col(ApprovalAnswer.approved))
            .where(col(ApprovalAnswer.at) >= first, col(ApprovalAnswer.at) < last)
        )
        rows = self._session.exec(found.order_by(col(Account.id), col(ApprovalAnswer.at)))
        return list({account.id: (account, answer) for account, answer in rows}.values())

    def take(self, answer: ApprovalAnswer, forget_before: datetime) -> None:
        """Keep an answer, or what Microsoft shows. What is from before `forget_before` is
        forgotten: the pages that it ends have ended by themselves."""
        self._session.exec(delete(ApprovalAnswer).where(col(ApprovalAnswer.at) < forget_before))
        self._session.add(answer)
        self._session.flush()

    def signed_in_since(self, customer_id: int, since: datetime) -> bool:
        """Whether somebody signed in at Microsoft for the customer at `since` or later: also one
        whom we refused, or whose sign-in waits for a word."""
        theirs = select(Account.id).where(Account.customer_id == customer_id)
        refused = select(Failure.ref).where(
            Failure.customer_id == customer_id,
            Failure.step == "identity",
            col(Failure.last_at) >= since,
        )
        held = select(HeldSignIn.account_id).where(
            col(HeldSignIn.account_id).in_(theirs), col(HeldSignIn.at) >= since
        )
        kept = theirs.where(col(Account.signed_in_at) >= since)
        seen = or_(kept.exists(), held.exists(), refused.exists())
        return bool(self._session.exec(select(seen)).one())

    # -- organisations that are asked

    def watch(self, watch_id: int) -> ApprovalWatch | None:
        """An organisation that is asked; None where nobody waits for it any more."""
        return self._session.get(ApprovalWatch, watch_id)

    def watched(self, customer_id: int, tenant: str) -> ApprovalWatch | None:
        """A customer's organisation, if it is asked, held."""
        found = select(ApprovalWatch).where(ApprovalWatch.customer_id == customer_id)
        found = found.where(ApprovalWatch.tenant == tenant)
        return self._session.exec(found.with_for_update()).first()

    def begin(self, watch: ApprovalWatch) -> bool:
        """Keep that an organisation is asked; its id is set. False where another transaction was
        quicker."""
        try:
            with self._session.begin_nested():
                self._session.add(watch)
        except IntegrityError:
            return False
        return True

    def end(self, watch: ApprovalWatch) -> None:
        """Nobody waits for an organisation any more."""
        self._session.delete(watch)
        self._session.flush()
