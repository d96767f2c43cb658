"""Answers of administrators that were taken."""

from datetime import datetime

from sqlmodel import Session, col, delete, func, select

from storage.tables import ApprovalAnswer


class ApprovalRepository:
    """Queries about the answers to approval pages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def is_answered(self, account_id: int, page_digest: str, asked_at: datetime) -> bool:
        """Whether a page needs no answer any more: it has one, or another page of the same account
        was answered with yes after `asked_at`, when this one was made."""
        later_yes = col(ApprovalAnswer.approved) & (col(ApprovalAnswer.at) > asked_at)
        own = col(ApprovalAnswer.page_digest) == page_digest
        found = select(ApprovalAnswer.page_digest).where(
            ApprovalAnswer.account_id == account_id, own | later_yes
        )
        return self._session.exec(found.limit(1)).first() is not None

    def approved_at(self, account_id: int) -> datetime | None:
        """When an administrator last said of an account that it is approved."""
        found = select(func.max(col(ApprovalAnswer.at))).where(
            ApprovalAnswer.account_id == account_id, col(ApprovalAnswer.approved)
        )
        return self._session.exec(found).one()

    def take(self, answer: ApprovalAnswer, forget_before: datetime) -> None:
        """Keep that a page was answered. Answers from before `forget_before` are forgotten: the
        pages that they end have ended by themselves."""
        self._session.exec(delete(ApprovalAnswer).where(col(ApprovalAnswer.at) < forget_before))
        self._session.add(answer)
        self._session.flush()
