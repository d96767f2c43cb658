"""The product's pages, and the address that takes Maildesk's webhooks."""

from contextlib import suppress
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request, url_for
from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug.wrappers import Response as AnyResponse

from sandbox.crm.desk import Desk
from sandbox.crm.mailbox import Letter, Mailboxes, answer_to
from sandbox.crm.maildesk import Account, Refused

ROLES = {"inbox": "Inbox", "sent": "Sent"}
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


class Pages:
    """The pages over the accounts of a desk; `webhook` checks what is signed."""

    def __init__(self, desk: Desk, mailboxes: Mailboxes, webhook: Webhook) -> None:
        self._desk = desk
        self._mailboxes = mailboxes
        self._webhook = webhook
        app = self.app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = 1_000_000
        folder = "/mailboxes/<ref>/<any(inbox, sent):role>"
        letter = f"{folder}/<int:uid>"
        app.add_url_rule("/", "home", lambda: self._show("home.html"))
        app.add_url_rule(folder, "folder", self._mailbox)
        app.add_url_rule(letter, "letter", self._mailbox)
        app.add_url_rule(letter, "answer", self._answer, methods=["POST"])
        app.add_url_rule("/webhooks", "webhooks", self._take, methods=["POST"])
        app.add_url_rule("/version", "version", lambda: desk.version)
        app.after_request(_protect)

    def _take(self) -> tuple[str, int]:
        try:
            event = self._webhook.verify(request.get_data(), dict(request.headers))
        except (WebhookVerificationError, ValueError):
            return "This is not signed as it should be.", 401
        return "taken" if self._desk.take(event) else "taken before", 200

    def _mailbox(self, ref: str, role: str, uid: int = 0, problem: Refused | None = None) -> str:
        account = self._account(ref)
        told: dict[str, Any] = {"account": account, "role": role, "uid": uid, "letters": []}
        try:
            if account["usable"]:
                told["letters"] = self._read(account, role, uid)
        except Refused as refused:
            problem = problem or refused
        return self._show("mailbox.html", problem=problem, **told)

    def _answer(self, ref: str, role: str, uid: int) -> AnyResponse | tuple[str, int]:
        account = self._account(ref)
        try:
            [letter] = self._read(account, role, uid)
            answer = answer_to(letter, account, request.form["text"])
            self._mailboxes.send(self._desk.maildesk.access(account, "smtp"), answer)
        except Refused as refused:
            return self._mailbox(ref, role, uid, refused), 409
        with suppress(Refused):  # it is sent: a copy that lacks must not deny that
            access = self._desk.maildesk.access(account, "imap")
            self._mailboxes.keep_copy(access, _folder(account, "sent"), answer)
        return redirect(url_for("folder", ref=ref, role="sent", sent="yes"), 303)

    def _read(self, account: Account, role: str, uid: int) -> list[Letter]:
        access = self._desk.maildesk.access(account, "imap")
        letters = self._mailboxes.letters(access, _folder(account, role), uid)
        if uid and not letters:
            raise Refused("This letter is not there any more.")
        return letters

    def _account(self, ref: str) -> Account:
        found = [each for each in self._desk.accounts() if each["ref"] == ref]
        return found[0] if found else abort(404)

    def _show(self, page: str, **told: Any) -> str:
        return render_template(page, desk=self._desk, roles=ROLES, **told)


def _folder(account: Account, role: str) -> str:
    for folder in account["folders"]:
        if folder["role"] == role:
            return folder["name"]
    raise Refused(f"The {ROLES[role]} folder of this mailbox is not mapped.")


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response
