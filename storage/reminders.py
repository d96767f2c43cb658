"""Reminder messages."""

from sqlmodel import Session, col, select

from storage.tables import Reminder


class Reminders:
    """Queries about reminder messages. Which accounts are due is asked of `Accounts.due_for_nag`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, reminder: Reminder) -> Reminder:
        """Keep a new reminder; its id is set."""
        self._session.add(reminder)
        self._session.flush()
        return reminder

    def get(self, reminder_id: int) -> Reminder | None:
        """The reminder with that id."""
        return self._session.get(Reminder, reminder_id)

    def open_in(self, channel_id: str) -> Reminder | None:
        """The channel's reminder that still waits for something."""
        found = select(Reminder).where(Reminder.channel_id == channel_id, col(Reminder.finished_at).is_(None))
        return self._session.exec(found.order_by(col(Reminder.id).desc())).first()
