"""The Slack stand-in's one address: the Web API for the bot, and the page with what it needs for
people."""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from sandbox.clock import ZONE, Step, WorldClock
from sandbox.serving import Serving, refuse_other_sites
from sandbox.slack.api import WebApi
from sandbox.slack.channels import ChannelLife
from sandbox.slack.deliver import Delivery
from sandbox.slack.events import Events
from sandbox.slack.files import Files, file_object, mimetype
from sandbox.slack.forms import Forms, Unable
from sandbox.slack.office import Channel, Json, Message, Office, SlackError
from sandbox.slack.people import People
from sandbox.slack.weather import Fate

PAGE = Path(__file__).with_name("page")
LONG_POLL_SECONDS = 20
SIGN_IN = (
    "<!doctype html><html lang=en><title>Sign in</title><h1>Sign in to your workspace</h1></html>"
)
"""What stands where somebody without the right token looks for a file: no error, but a page for
people, as Slack does."""


class SlackStandIn:
    """Slack on a loopback port."""

    def __init__(self, office: Office, port: int = 0, clock: WorldClock | None = None) -> None:
        """`clock` is what the page moves."""
        self.office = office
        self._clock = clock or WorldClock()
        self.delivery = Delivery(office)
        app = Flask("slack", static_folder=None)
        refuse_other_sites(app)
        self._serving = Serving(app, port)
        self.url = f"http://127.0.0.1:{self._serving.port}"
        self.api_url = f"{self.url}/api/"
        self._api = WebApi(office, self.url)
        self._api.socket_url = lambda: self.delivery.socket_url
        self.files, events = Files(office, self.url), Events(office, self.delivery)
        self.channels = ChannelLife(office, events)
        self.people = People(office, self._api, self.delivery, events, Forms(self.files), self.url)
        self._routes(app)

    def start(self) -> None:
        """Begin to answer."""
        self.delivery.start()
        self._serving.start()

    def stop(self) -> None:
        """Stop answering."""
        self.delivery.stop()
        self._serving.stop()

    def _routes(self, app: Flask) -> None:
        app.add_url_rule("/api/<method>", view_func=self._web_api, methods=["GET", "POST"])
        app.add_url_rule("/response/<token>", view_func=self._response, methods=["POST"])
        app.add_url_rule("/ui/bootstrap", view_func=self._bootstrap)
        app.add_url_rule("/ui/view", view_func=self._view)
        app.add_url_rule("/ui/upload", view_func=self._upload, methods=["POST"])
        app.add_url_rule("/files-pri/<place>/<path:name>", view_func=self._file)
        app.add_url_rule("/signin", "signin", view_func=lambda: SIGN_IN)
        app.add_url_rule("/ui/clock", view_func=self._move_clock, methods=["POST"])
        app.add_url_rule("/ui/<what>", view_func=self._human, methods=["POST"])
        app.add_url_rule("/", "page", view_func=lambda: send_from_directory(PAGE, "index.html"))
        app.add_url_rule(
            "/page/<name>", "part", view_func=lambda name: send_from_directory(PAGE, name)
        )

    def _web_api(self, method: str) -> Response:
        args = (
            (request.get_json(silent=True) or {})
            if request.is_json
            else dict(request.values.items())
        )
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or args.get(
            "token", ""
        )
        fate = self.office.weather.fate()
        if fate is Fate.BROKEN:
            return _broken()
        self.office.heard.append({"method": method, **args})
        try:
            if fate is Fate.BUSY:
                raise SlackError("ratelimited", retry_after=1)
            answer = jsonify(self._api.call(method, token, args))
        except SlackError as error:
            details = {"response_metadata": {"messages": error.messages}} if error.messages else {}
            answer = jsonify({"ok": False, "error": error.error, **error.details, **details})
            if error.messages:
                self.office.complaints.append({"kind": method, "problem": error.messages})
            if error.retry_after or error.error == "ratelimited":
                answer.status_code = 429
                answer.headers["Retry-After"] = str(error.retry_after or 1)
        self._lose(method, fate is Fate.LOST)
        answer.headers["X-OAuth-Scopes"] = ",".join(sorted(self.office.scopes))
        return answer

    def _response(self, token: str) -> tuple[Response, int] | Response:
        fate = self.office.weather.fate()
        if fate is Fate.BROKEN:
            return _broken()
        if fate is Fate.BUSY:
            return Response("", 429, {"Retry-After": "1"})
        try:
            self.office.heard.append({"method": "response_url", **request.get_json()})
            shown = self.people.respond(token, request.get_json())
            self._lose("response_url", fate is Fate.LOST)
            return jsonify(shown)
        except SlackError as error:
            return jsonify(ok=False, error=error.error), 404

    def _lose(self, method: str, lost: bool = False) -> None:
        """Keep silent or hang up instead of answering, if that was asked for."""
        self.office.be_silent(method)
        if self.office.drops(method) or lost:
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)

    def _upload(self) -> tuple[Response, int] | Response:
        """Somebody chooses a file in a field: it is uploaded at once, as Slack's client does."""
        user, chosen = request.form.get("as", ""), request.files.get("file")
        if user not in self.office.members or chosen is None:
            return jsonify(ok=False, error="no_file_data"), 409
        file = self.files.add(user, chosen.filename or "", chosen.read())
        return jsonify(ok=True, file=file_object(file, self.url))

    def _file(self, place: str, name: str) -> AnyResponse:
        """A file's bytes for the app; for others the way to the page where people sign in."""
        try:
            file = self.files.content(place, request.headers.get("Authorization", ""))
        except KeyError:
            return Response("<!doctype html><title>Not found</title>", 404, mimetype="text/html")
        if file is None:
            return redirect(f"/signin?{urlencode({'redir': request.path})}")
        return Response(file.content, mimetype=mimetype(file.name))

    def _human(self, what: str) -> tuple[Response, int] | Response:
        asked = request.get_json()
        try:
            answer = self._done(what, asked.get("as", ""), asked)
        except (Unable, SlackError) as error:
            return jsonify(ok=False, error=str(error)), 409
        return jsonify(answer) if answer is not None else (jsonify(ok=False, error="unknown"), 404)

    def _done(self, what: str, user: str, asked: Json) -> Json | None:
        """What comes of something that a person does; nothing for what people do not do."""
        people = self.people
        match what:
            case "slash":
                typed = (user, asked["channel"], asked["command"], asked.get("text", ""))
                return self.channels.command(*typed) or people.slash(*typed)
            case "message":
                return people.say(user, asked["channel"], asked["text"], asked.get("thread_ts", ""))
            case "action":
                return people.act(user, asked)
            case "options":
                return people.load_options(user, asked)
            case "shortcut":
                return people.shortcut(
                    user, asked["callback_id"], asked.get("channel", ""), asked.get("ts", "")
                )
            case "submit":
                return people.submit(user, asked["view_id"], asked.get("values") or {})
            case "close":
                return people.close(user, asked["view_id"])
            case "home":
                return people.open_home(user)
            case _:
                return self._done_to_channel(what, user, asked)

    def _done_to_channel(self, what: str, user: str, asked: Json) -> Json | None:
        channels, channel = self.channels, asked.get("channel", "")
        if channel not in self.office.channels:
            return None
        match what:
            case "join":
                return channels.join(asked["user"], channel)
            case "leave":
                return channels.leave(asked["user"], channel)
            case "archive" | "unarchive":
                return channels.archive(user, channel, archived=what == "archive")
            case "change_id":
                return channels.change_id(channel)
            case "share":
                return channels.share(channel, asked["team"], asked["users"])
            case "unshare":
                return channels.unshare(channel, asked["team"])
            case _:
                return None

    def _move_clock(self) -> tuple[Response, int] | Response:
        """Somebody moves the clock on."""
        asked = request.get_json().get("step", "")
        if asked not in list(Step):
            return jsonify(
                ok=False, error="the clock moves by an hour, a day or a working_day"
            ), 400
        self._clock.move(Step(asked))
        return jsonify(ok=True, now=self.office.clock())

    def _bootstrap(self) -> Response:
        office = self.office
        people = [vars(m) for m in office.members.values() if not m.is_bot]
        return jsonify(
            workspaces=[vars(workspace) for workspace in office.workspaces.values()],
            people=people,
            channels=[_channel(channel) for channel in office.channels.values()],
            bot={"user_id": office.bot_user, "name": "Maildesk"},
            links=office.links,
            commands=[office.command],
            zone=ZONE.key,
            team_id=office.team_id,
        )

    def _view(self) -> Response:
        user, since = request.args["as"], int(request.args.get("since", -1))
        self.office.wait_beyond(since, LONG_POLL_SECONDS if since >= 0 else 0)
        office = self.office
        with office.still():
            if office.version <= since:
                return jsonify(version=office.version, unchanged=True)
            channels = [
                _channel(channel)
                | {
                    "messages": [
                        self._message(m) for m in office.messages if _sees(m, channel.id, user)
                    ]
                }
                for channel in office.channels.values()
                if user in channel.members
            ]
            views = [
                {"id": id, "hash": office.views[id].hash, "view": office.views[id].view}
                for id in office.stacks[user]
            ]
            return jsonify(
                version=office.version,
                now=office.clock(),
                moved=self._clock.ahead > 0,
                past=self._clock.ahead < 0,
                wrong=office.wrong(),
                channels=channels,
                views=views,
                home=office.homes.get(user),
                notices=office.notices[user][-5:],
            )

    def _message(self, message: Message) -> Json:
        office = self.office
        replies = sum(
            1 for m in office.messages if m.thread_ts == message.ts and m.channel == message.channel
        )
        facts: dict[str, Any] = {
            name: getattr(message, name) for name in ("ts", "thread_ts", "user", "text", "blocks")
        }
        member = office.members.get(message.user)
        facts |= {"name": member.name if member else message.user, "edited": message.edited}
        return facts | {"ephemeral": bool(message.ephemeral_to), "reply_count": replies}


def _broken() -> Response:
    return Response("<h1>Service Unavailable</h1>", 503, mimetype="text/html")


def _channel(channel: Channel) -> Json:
    return {**vars(channel), "members": sorted(channel.members)}


def _sees(message: Message, channel: str, user: str) -> bool:
    return message.channel == channel and message.ephemeral_to in ("", user)
