"""The IDs by which Slack tells us what was pressed, sent or chosen, each declared once.

Cards make buttons and forms with these, `handlers/features` listens to them. Their values never
change: messages that were posted long ago carry them.
"""

from dataclasses import dataclass
from enum import StrEnum


class ActionId(StrEnum):
    """What a button does, or a list that acts at once (Slack's `action_id`)."""

    ACCOUNT_ADD = "account.add"
    ACCOUNT_LIST = "account.list"
    ACCOUNT_LIST_NEXT = "account.next"
    ACCOUNT_LIST_PREVIOUS = "account.previous"
    ACCOUNT_LIST_WHOSE = "account.whose"
    ACCOUNT_SHOW = "account.show"
    ACCOUNT_CHANGE = "account.change"
    ACCOUNT_KEEP = "account.keep"
    ACCOUNT_COPY = "account.copy"
    ACCOUNT_DISCONNECT = "account.end"

    LINK_OPENED = "link.opened"
    LINK_RENEW = "link.renew"
    LINK_WITHDRAW = "link.withdraw"
    ORGANISATION_CONFIRM = "organisation.confirm"
    ORGANISATION_DENY = "organisation.deny"
    ORGANISATION_ALLOW = "organisation.allow_too"
    ORGANISATION_REFUSE = "organisation.refuse_too"
    ORGANISATION_TAKE_BACK = "organisation.take_back"
    PAGE_SAID_APPROVAL = "said.approval"
    PAGE_SAID_NO_SIGN_IN = "said.no_sign_in"
    PAGE_CLOSED = "said.closed"
    PAGE_SAID_NUMBER = "said.number"
    ADMIN_PACKET = "admin.packet"
    ADMIN_PAGE_OPENED = "admin.page"

    INVITE_OPEN = "invite.open"
    INVITE_ALL = "invite.all"
    INVITE_NEXT = "invite.next"
    INVITE_PREVIOUS = "invite.previous"
    INVITE_FOLLOW_UP = "invite.follow_up"
    INVITE_REMIND = "invite.remind"
    CODES_OPENED = "invite.codes"

    EXCHANGE_OPEN = "exchange.open"
    EXCHANGE_DONE = "exchange.done"

    TEST_RUN = "test.run"
    TEST_ALL = "test.all"
    TEST_WITH_MESSAGE = "test.message"
    FIX_REPORTED = "mend.said"

    ERROR_SHOW = "error.show"
    ERROR_EVIDENCE = "error.evidence"
    ERROR_LOOK_UP = "error.look_up"
    ALERT_SHOW = "alert.show"
    ALERT_MAILBOXES = "alert.mailboxes"
    ALERT_MAILBOXES_NEXT = "alert.mailboxes_next"
    ALERT_MAILBOXES_PREVIOUS = "alert.mailboxes_previous"
    ALERT_TIMELINE = "alert.timeline"
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    ALERT_KEEP = "alert.keep"
    ALERT_RELEASE = "alert.release"
    ALERT_SILENCE = "alert.silence"
    ALERT_UNSILENCE = "alert.unsilence"
    ALERT_RETEST = "alert.retest"
    ALERT_RESOLVE = "alert.mended"
    ALERT_TELL = "alert.tell"
    ALERT_HAND_OVER = "alert.hand_over"
    ALERT_ESCALATE = "alert.escalate"
    ALERT_REOPEN = "alert.reopen"
    ALERT_MERGE = "alert.merge"
    ALERT_SPLIT = "alert.split"
    ALERT_LIST = "alerts.list"
    ALERT_LIST_PART = "alerts.part"
    ALERT_LIST_SEVERITY = "alerts.severity"
    ALERT_LIST_CAUSE = "alerts.cause"
    ALERT_LIST_CUSTOMER = "alerts.customer"
    ALERT_LIST_NEXT = "alerts.next"
    ALERT_LIST_PREVIOUS = "alerts.previous"
    MAINTENANCE_END = "maintenance.end"

    CAUSE_NOTE = "cause.note"
    CAUSE_TAKE_BACK = "cause.take_back"

    HELP_SHOW = "help.show"
    SUPPORT_ASK = "help.ask"
    SUPPORT_DO_IT = "help.do_it"
    REQUEST_TAKE = "request.take"
    REQUEST_HAND_BACK = "request.hand_back"
    REQUEST_FINISH = "request.finish"

    FOLDERS_OPEN = "folders.open"
    FOLDERS_AGAIN = "folders.again"
    FOLDERS_FILTER = "folders.filter"
    FOLDERS_SEARCH = "folders.search"
    FOLDERS_NEXT = "folders.next"
    FOLDERS_PREVIOUS = "folders.previous"
    FOLDERS_ACCEPT = "folders.accept"
    FOLDERS_ACCEPT_ALL = "folders.accept_all"
    FOLDERS_USE_FOR_ALL = "folders.use_all"

    REMINDER_SNOOZE_DAY = "reminder.snooze_day"
    REMINDER_SNOOZE_WEEK = "reminder.snooze_week"
    REMINDER_STOP = "reminder.stop"
    REMINDER_RESUME = "reminder.resume"
    REMINDER_PAUSE = "reminder.pause"
    REMINDER_END_PAUSE = "reminder.end_pause"

    OLD_OPEN = "old.open"
    OLD_PLAN = "old.plan"
    OLD_NEXT = "old.next"
    OLD_PREVIOUS = "old.previous"
    OLD_CHANGE = "old.change"
    OLD_RETAIN = "old.retain"
    OLD_DELETED = "old.gone"
    OLD_STILL_THERE = "old.back"
    OLD_TAKE_OFF = "old.take_off"
    OLD_CREATE = "old.create"
    OLD_CANCEL = "old.cancel"
    IMPORT_PASTE = "old.paste"
    IMPORT_AGAIN = "old.again"
    IMPORT_GO_ON = "old.go_on"

    HOME_STATE = "home.state"
    HOME_OWNER = "home.owner"
    HOME_CUSTOMER = "home.customer"
    HOME_NEXT = "home.next"
    HOME_PREVIOUS = "home.previous"
    HOME_ACCOUNTS = "home.accounts"
    HOME_SEARCH = "home.search"
    HOME_TAKE = "home.take"
    HOME_ACKNOWLEDGE = "home.acknowledge"

    CUSTOMER_MANAGE = "customer.manage"
    CUSTOMER_RENAME = "customer.rename"
    CUSTOMER_ORGANISATION = "customer.organisation"
    REQUEST_TAKE_BACK = "request.take_back"
    CUSTOMER_REBIND = "customer.rebind"
    CUSTOMER_UNBIND = "customer.unbind"
    CUSTOMER_OFFBOARD = "customer.offboard"
    CUSTOMER_ACCOUNTS = "customer.accounts"
    CUSTOMER_HISTORY = "customer.history"
    CUSTOMER_PEOPLE = "customer.people"
    CUSTOMER_SETTINGS = "customer.settings"
    CUSTOMER_NEXT = "customer.next"
    CUSTOMER_PREVIOUS = "customer.previous"
    CUSTOMER_SETUP = "customer.setup"

    DESK_ANSWER = "desk.answer"

    TIMELINE_SHOW = "timeline.show"
    TIMELINE_OLDER = "timeline.older"
    TIMELINE_NEWER = "timeline.newer"


class FormId(StrEnum):
    """Which form was sent (Slack's `callback_id` of a window)."""

    ACCOUNT_CREATE = "account.save"
    ACCOUNT_CHANGE = "account.save_change"
    ACCOUNT_DISCONNECT = "account.disconnect"
    ACCOUNT_SEARCH = "account.search"
    CUSTOMER_CHOOSE = "customer.choose"
    CUSTOMER_RENAME = "customer.rename_save"
    CUSTOMER_ORGANISATION = "customer.organisation_check"
    CUSTOMER_ORGANISATION_CONFIRM = "customer.organisation_save"
    CUSTOMER_REBIND = "customer.rebind_check"
    CUSTOMER_REBIND_CONFIRM = "customer.rebind_save"
    CUSTOMER_UNBIND = "customer.unbind_save"
    CUSTOMER_OFFBOARD = "customer.offboard_save"
    ERROR_LOOK_UP = "error.read"
    ALERT_KEEP = "alert.keep_save"
    ALERT_SILENCE = "alert.silence_save"
    ALERT_TELL = "alert.tell_save"
    ALERT_MERGE = "alert.merge_save"
    ALERT_SPLIT = "alert.split_save"
    MAINTENANCE_PLAN = "maintenance.plan_save"
    CAUSE_SAVE = "cause.save"
    FOLDERS_SAVE = "folders.save"
    REQUEST_COMMENT = "request.comment"
    DESK_ANSWER = "desk.answer_send"
    REMINDER_PAUSE = "reminder.pause_save"
    IMPORT_CHECK = "old.check"
    IMPORT_COLUMNS = "old.columns"
    IMPORT_SAVE = "old.save"
    SETUP_SAVE = "setup.save"


class ShortcutId(StrEnum):
    """What can be chosen on a message (`callback_id` of a shortcut in `manifest.json`)."""

    ERROR_LOOK_UP = "error.message"


@dataclass(frozen=True)
class Turn:
    """The two buttons that turn the pages of a list."""

    previous: ActionId
    next: ActionId
