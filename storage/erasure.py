"""Erasing a customer: whatever belongs to them, in every table."""

from sqlmodel import Session, SQLModel, col, select

from storage.belongings import Belongings, Keys, belongings, rows_of
from storage.tables import Customer, Incident, Lane, Reminder

LANES = SQLModel.metadata.tables[str(Lane.__tablename__)]


def erase_customer(session: Session, customer: Customer) -> dict[str, int]:
    """Erase the customer and everything of theirs but the audit, in the caller's transaction, which
    holds the customer; how many rows that were, by table. Takes as long as there are rows."""
    theirs = belongings(session, customer)
    _hand_on_incidents(session, theirs)
    _leave_out_of_reminders(session, theirs.keys)
    session.flush()
    _hold_lanes(session, theirs.keys)
    for table in reversed(SQLModel.metadata.sorted_tables):
        for wanted in rows_of(table, theirs.keys):
            session.connection().execute(table.delete().where(wanted))
    return counted(theirs)


def _hold_lanes(session: Session, theirs: Keys) -> None:
    """Whoever delivers holds a lane before its messages, and so does whoever deletes them: else
    each might wait for the other."""
    for wanted in rows_of(LANES, theirs):
        held = select(Lane.channel_id).where(wanted).order_by(col(Lane.channel_id))
        session.exec(held.with_for_update())


def counted(theirs: Belongings) -> dict[str, int]:
    """How many rows of each table belong to a customer, where any do."""
    return {table: len(keys) for table, keys in sorted(theirs.keys.items()) if keys}


def _hand_on_incidents(session: Session, theirs: Belongings) -> None:
    for number, example in theirs.examples.items():
        session.get_one(Incident, number).failure_ref = example


def _leave_out_of_reminders(session: Session, theirs: Keys) -> None:
    """Support's reminders list accounts of every customer."""
    gone = {number for (number,) in theirs["account"]}
    for reminder in session.exec(select(Reminder)):
        if not gone.isdisjoint(reminder.account_ids):
            reminder.account_ids = [each for each in reminder.account_ids if each not in gone]
