"""The practice Slack's forms, files, selects and channels are as strict as Slack's, whatever bot is
at the other end."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flask import Flask, request
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.web_server import WebServer
from tests.support.practice import new_practice
from tests.support.slack import SlackPerson, Window

CSV = b"old,new\nInfo,info@acme.example\n"
Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def choice(text: str) -> Json:
    return {"text": plain(text), "value": text.lower().replace(" ", "-")}


def field(label: str, element: Json, **more: Any) -> Json:
    name = label.lower()
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": {"action_id": name} | element,
        **more,
    }


def modal(*blocks: Json) -> Json:
    return {
        "type": "modal",
        "title": plain("Practice"),
        "submit": plain("Save"),
        "blocks": list(blocks),
    }


LIST = field("List", {"type": "file_input", "filetypes": ["csv", "xlsx"], "max_files": 1})
COLOURS = {"options": [choice("Red"), choice("Sea green")]}
SELECT = {"type": "static_select", "action_id": "colour", "placeholder": plain("Colour"), **COLOURS}
BUTTON = {"type": "button", "action_id": "more", "text": plain("More"), "value": "1"}
BUTTONS = {
    "type": "actions",
    "block_id": "buttons",
    "elements": [BUTTON, BUTTON | {"action_id": "again", "value": "2"}],
}


class TinyApp:
    """An app that takes everything and remembers it."""

    def __init__(self) -> None:
        self.practice = new_practice()
        self.practice.start()
        self.office = self.practice.office
        self.client = WebClient(self.office.bot_token, base_url=self.practice.slack.api_url)
        self.payloads: list[Json] = []
        self.events: list[Json] = []
        web = Flask("tiny", static_folder=None)
        web.add_url_rule("/slack/events", view_func=self._take, methods=["POST"])
        self._heard = threading.Condition()
        self._server = WebServer("127.0.0.1", 0)
        self._server.start(web)
        self.practice.deliver_to(f"http://127.0.0.1:{self._server.port}")

    def _take(self) -> tuple[str, int]:
        with self._heard:
            if request.is_json and "challenge" in request.get_json():
                return str(request.get_json()["challenge"]), 200
            if request.is_json:
                self.events.append(request.get_json())
            else:
                self.payloads.append(json.loads(request.form["payload"]))
            self._heard.notify_all()
        return "", 200

    @property
    def last(self) -> Json:
        """The last interaction."""
        return self.payloads[-1]

    @property
    def values(self) -> Json:
        """What stood in the fields at the last interaction."""
        return dict((self.last.get("view") or self.last)["state"]["values"])

    def event(self, kind: str) -> Json:
        """An event of this kind, in its envelope, waiting for it."""
        with self._heard:
            assert self._heard.wait_for(
                lambda: any(e["event"]["type"] == kind for e in self.events), 10
            ), kind
        return next(envelope for envelope in self.events if envelope["event"]["type"] == kind)

    def person(self, user: str) -> SlackPerson:
        return SlackPerson(self.practice.slack.url, user)

    def open(self, person: SlackPerson, *blocks: Json) -> Window:
        """A window of these blocks in front of somebody."""
        self.client.views_open(trigger_id=self.office.new_trigger(person.user), view=modal(*blocks))
        return person.window("Practice")

    def get(self, url: str, token: str = "") -> requests.Response:
        """What somebody with this token is given at an address."""
        with requests.Session() as session:
            session.trust_env = False
            return session.get(
                url, headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=60
            )

    def error(self, method: str, **args: Any) -> Json:
        with pytest.raises(SlackApiError) as refused:
            self.client.api_call(method, json=args)
        return dict(refused.value.response.data)

    def stop(self) -> None:
        self._server.stop()
        self.practice.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[TinyApp]:
    app = TinyApp()
    yield app
    app.stop()


@pytest.fixture
def app(running: TinyApp) -> Iterator[TinyApp]:
    """The app with nothing heard yet, in a world whose switches are put back afterwards."""
    office, scopes = running.office, set(running.office.scopes)
    running.payloads.clear()
    running.events.clear()
    office.rate_limits = False
    yield running
    office.scopes, office.connect_files_in_full = scopes, False
    office.stacks.clear()


@pytest.fixture
def vera(app: TinyApp) -> SlackPerson:
    return app.person("U0VERA")


def uploaded(app: TinyApp, person: SlackPerson, name: str = "Old accounts, Süd.csv") -> Json:
    """The file in a submission, as the app hears of it."""
    window = app.open(person, LIST)
    assert person.submit(window, {"List": person.upload(window, "List", name, CSV)}) == {}
    held = app.values["list"]["list"]
    assert held["type"] == "file_input"
    return dict(held["files"][0])


def test_a_file_in_a_form_is_described_in_the_submission_and_read_with_the_token(
    app: TinyApp, vera: SlackPerson
) -> None:
    file = uploaded(app, vera)
    told = {
        "name": "Old accounts, Süd.csv",
        "filetype": "csv",
        "mimetype": "text/csv",
        "size": len(CSV),
    }
    assert told.items() <= file.items()
    assert (file["user"], file["user_team"]) == ("U0VERA", "T0LUMEN")
    for address in ("url_private", "url_private_download"):
        assert file[address].startswith(f"{app.practice.slack.url}/files-pri/T0LUMEN-{file['id']}/")
        assert app.get(file[address], app.office.bot_token).content == CSV


@pytest.mark.parametrize("why", ["no token", "another token", "no scope"])
def test_who_may_not_read_a_file_is_given_a_page_for_people_and_no_error(
    app: TinyApp, vera: SlackPerson, why: str
) -> None:
    file, token = (
        uploaded(app, vera),
        {"no token": "", "another token": "xoxb-other"}.get(why, app.office.bot_token),
    )
    app.office.scopes -= {"files:read"} if why == "no scope" else set()
    answer = app.get(file["url_private"], token)
    assert answer.status_code == 200 and [before.status_code for before in answer.history] == [302]
    assert answer.headers["Content-Type"].startswith("text/html") and "Sign in" in answer.text


def test_of_a_file_from_another_workspace_the_app_hears_only_that_it_has_to_ask(
    app: TinyApp,
) -> None:
    carol = app.person("U0CAROL")
    hint = uploaded(app, carol)
    assert (
        hint["file_access"] == "check_file_info"
        and "url_private" not in hint
        and "name" not in hint
    )
    file = app.client.files_info(file=hint["id"])["file"]
    assert file["name"] == "Old accounts, Süd.csv" and file["user_team"] == "T0ACME"
    assert app.get(file["url_private"], app.office.bot_token).content == CSV

    app.office.connect_files_in_full = True
    assert uploaded(app, carol)["name"] == "Old accounts, Süd.csv"


def test_asking_for_a_file_needs_its_scope_and_a_file(app: TinyApp) -> None:
    assert app.error("files.info", file="F0NONE")["error"] == "file_not_found"
    app.office.scopes -= {"files:read"}
    refused = app.error("files.info", file="F0NONE")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "files:read")
    assert "chat:write" in refused["provided"].split(",")


def test_slacks_client_refuses_at_the_field_what_it_does_not_take(
    app: TinyApp, vera: SlackPerson
) -> None:
    window, omar = app.open(vera, LIST), app.person("U0OMAR")
    wrong = vera.upload(window, "List", "list.pdf", b"%PDF")
    two = [vera.upload(window, "List", f"{number}.csv", CSV) for number in (1, 2)]
    assert "required" in vera.submit(window, {})["List"]
    assert "csv, xlsx" in vera.submit(window, {"List": wrong})["List"]
    assert vera.submit(window, {"List": two})["List"] == "At most 1 file."
    assert vera.submit(window, {"List": omar.upload(window, "List", "his.csv", CSV)})
    assert app.payloads == []


def test_every_kind_of_field_is_sent_as_slack_sends_it(app: TinyApp, vera: SlackPerson) -> None:
    blocks = [
        field("Colour", {"type": "static_select", **COLOURS, "initial_option": choice("Red")}),
        field("Size", {"type": "radio_buttons", "options": [choice("Small"), choice(" Large ")]}),
        field(
            "Extras", {"type": "checkboxes", "options": [choice("A"), choice("B")]}, optional=True
        ),
        field("Day", {"type": "datepicker", "initial_date": "2026-12-01"}),
        field("Note", {"type": "plain_text_input"}, optional=True),
    ]
    window = app.open(vera, *blocks)
    assert not vera.submit(
        window,
        {"Colour": "Sea green", "Size": " Large ", "Extras": ["A", "B"], "Day": "2026-12-24"},
    )
    assert {name: held[name] for name, held in app.values.items()} == {
        "colour": {"type": "static_select", "selected_option": choice("Sea green")},
        "size": {"type": "radio_buttons", "selected_option": choice(" Large ")},
        "extras": {"type": "checkboxes", "selected_options": [choice("A"), choice("B")]},
        "day": {"type": "datepicker", "selected_date": "2026-12-24"},
        "note": {"type": "plain_text_input", "value": None},
    }


@pytest.mark.parametrize(
    ("element", "wrong", "right"),
    [
        ({"type": "email_text_input"}, "nobody", "info@acme.example"),
        ({"type": "url_text_input"}, "acme.example", "https://acme.example/x"),
        ({"type": "plain_text_input", "min_length": 3}, "ab", "abc"),
        ({"type": "plain_text_input", "max_length": 4}, "abcde", "abcd"),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}, "0", "1"),
    ],
)
def test_the_client_minds_the_shape_of_a_field(
    app: TinyApp, vera: SlackPerson, element: Json, wrong: str, right: str
) -> None:
    window = app.open(vera, field("Given", element))
    assert vera.submit(window, {"Given": wrong})["Given"]
    assert app.payloads == []
    assert vera.submit(window, {"Given": right}) == {}


def test_a_choice_that_is_not_offered_cannot_be_made(app: TinyApp, vera: SlackPerson) -> None:
    window = app.open(vera, field("Colour", {"type": "static_select", **COLOURS}))
    assert not vera._post("submit", view_id=window.id, values={"colour": {"colour": "blue"}})["ok"]


def test_a_press_in_a_window_carries_what_stands_in_all_its_fields(
    app: TinyApp, vera: SlackPerson
) -> None:
    blocks = [
        field("Name", {"type": "plain_text_input", "initial_value": "Info"}),
        field("Domain", {"type": "plain_text_input"}),
        field("Colour", {"type": "static_select", **COLOURS, "initial_option": choice("Red")}),
        BUTTONS,
    ]
    window = app.open(vera, *blocks)
    vera.press(window, "More", state={"Domain": "acme.example"}, nth=1)
    assert (app.last["actions"][0]["action_id"], app.last["actions"][0]["value"]) == ("again", "2")
    assert app.last["view"]["id"] == window.id
    assert app.values["name"]["name"]["value"] == "Info"
    assert app.values["domain"]["domain"]["value"] == "acme.example"
    assert app.values["colour"]["colour"]["selected_option"] == choice("Red")
    assert "buttons" not in app.values


def test_a_text_field_that_dispatches_tells_the_app_on_enter_and_others_do_not(
    app: TinyApp, vera: SlackPerson
) -> None:
    text = {"type": "plain_text_input"}
    window = app.open(vera, field("Search", text, dispatch_action=True), field("Name", text))
    assert vera.enter(window, "Search", "acme", state={"Name": "Info"})["ok"]
    action = app.last["actions"][0]
    assert (action["type"], action["block_id"], action["value"]) == (
        "plain_text_input",
        "search",
        "acme",
    )
    assert (
        app.values["search"]["search"]["value"] == "acme"
        and app.values["name"]["name"]["value"] == "Info"
    )
    assert not vera.enter(window, "Name", "Info")["ok"]


def test_selects_menus_and_dates_on_a_message(app: TinyApp, vera: SlackPerson) -> None:
    menu = {
        "type": "overflow",
        "action_id": "menu",
        "options": [choice("Rename"), choice("Remove")],
    }
    day = {
        "type": "datepicker",
        "action_id": "day",
        "placeholder": plain("Day"),
        "initial_date": "2026-12-01",
    }
    blocks: list[Json] = [
        {"type": "section", "block_id": "row", "text": plain("Row"), "accessory": menu},
        {"type": "actions", "block_id": "choices", "elements": [SELECT, day]},
    ]
    app.client.chat_postMessage(channel="C0DESK", text="Choose", blocks=blocks)
    message = vera.find("C0DESK", "Row")
    assert vera.choose(message, "Colour", "Sea green")["ok"]
    assert app.last["actions"][0]["selected_option"] == choice("Sea green")
    assert app.last["message"]["ts"] == message.ts and app.last["response_url"]
    assert app.values["choices"]["colour"]["selected_option"] == choice("Sea green")
    assert app.values["choices"]["day"]["selected_date"] == "2026-12-01"
    assert "row" not in app.values, "a menu holds nothing"

    vera.choose(message, "menu", "Remove", state={"Colour": "Red"})
    assert app.last["actions"][0]["selected_option"] == choice("Remove")
    assert app.values["choices"]["colour"]["selected_option"] == choice("Red")
    vera.choose(message, "Day", "2027-01-31")
    assert app.last["actions"][0]["selected_date"] == "2027-01-31"
    assert not vera._post("action", block_id="row", action_id="menu", value="x", **message.place)[
        "ok"
    ]


def test_choices_in_a_window_and_on_the_home_tab(app: TinyApp, vera: SlackPerson) -> None:
    several = {"type": "checkboxes", "action_id": "several", "options": [choice("A"), choice("B")]}
    one = {"type": "radio_buttons", "action_id": "one", "options": [choice("C"), choice("D")]}
    chooser = {"type": "actions", "block_id": "choices", "elements": [SELECT, one]}
    section = {"type": "section", "block_id": "row", "text": plain("Row"), "accessory": several}
    app.client.views_publish(user_id="U0VERA", view={"type": "home", "blocks": [section, chooser]})
    home = vera.home_tab("Row")
    vera.choose(home, "Colour", "Red", state={"several": ["B"]})
    assert app.last["container"]["type"] == "view" and app.last["view"]["type"] == "home"
    assert app.last["actions"][0]["selected_option"] == choice("Red")
    assert app.values["row"]["several"]["selected_options"] == [choice("B")]
    assert app.values["choices"]["one"]["selected_option"] is None

    window = app.open(vera, section, chooser)
    vera.choose(window, "several", ["A", "B"])
    assert app.last["actions"][0]["selected_options"] == [choice("A"), choice("B")]
    vera.choose(window, "one", "D")
    assert app.last["view"]["id"] == window.id
    assert app.values["choices"]["one"]["selected_option"] == choice("D")


def test_people_have_a_time_zone_and_those_of_other_workspaces_no_email_and_no_locale(
    app: TinyApp,
) -> None:
    members = app.office.members
    app.office.scopes.add("users:read.email")
    members["U0VERA"].email = members["U0CAROL"].email = "somebody@example.org"
    members["U0CAROL"].tz = "Asia/Tokyo"
    vera, carol = (
        app.client.users_info(user=id, include_locale=True)["user"] for id in ("U0VERA", "U0CAROL")
    )
    assert (
        vera["tz"] == "Europe/Copenhagen" and vera["tz_offset"] in (3600, 7200) and vera["tz_label"]
    )
    assert (carol["tz"], carol["tz_offset"]) == ("Asia/Tokyo", 9 * 3600)
    assert "email" in vera["profile"] and "locale" in vera
    assert "email" not in carol["profile"] and "locale" not in carol


def test_a_channels_facts_name_who_it_is_shared_with(app: TinyApp) -> None:
    shared, own = (
        app.client.conversations_info(channel=id)["channel"] for id in ("C0ACME", "C0DESK")
    )
    assert shared["is_ext_shared"] and shared["is_shared"] and not shared["is_org_shared"]
    assert (
        shared["connected_team_ids"] == ["T0ACME"] and shared["conversation_host_id"] == "T0LUMEN"
    )
    assert not own["is_shared"] and own["connected_team_ids"] == []


@pytest.fixture
def grid(app: TinyApp) -> Iterator[None]:
    """The workspace of the app is one of two of an Enterprise Grid."""
    office = app.office
    office.workspaces["T0LUMEN"].enterprise = "E0LUMEN"
    office.add_workspace("T0LAB", "Lumen Lab", enterprise="E0LUMEN")
    office.add_member("U0LEA", "Lea", "T0LAB", "Colleague")
    yield
    office.workspaces["T0LUMEN"].enterprise = ""
    office.grid_in_payloads = False


def test_on_a_grid_slack_names_the_organisation(app: TinyApp, grid: None) -> None:
    assert app.client.auth_test()["enterprise_id"] == "E0LUMEN"
    lea = app.client.users_info(user="U0LEA")["user"]
    assert (lea["team_id"], lea["enterprise_user"]["enterprise_id"]) == ("T0LAB", "E0LUMEN")
    assert "enterprise_user" not in app.client.users_info(user="U0CAROL")["user"]


def test_a_channel_between_workspaces_of_one_grid_is_not_shared_with_others(
    app: TinyApp, grid: None
) -> None:
    app.office.add_channel("C0GRID", "grid", {"U0VERA", "U0LEA"})
    facts = app.client.conversations_info(channel="C0GRID")["channel"]
    assert facts["is_org_shared"] and facts["is_shared"] and not facts["is_ext_shared"]
    assert facts["connected_team_ids"] == []
    assert facts["internal_team_ids"] == ["T0LAB", "T0LUMEN"]


@pytest.mark.parametrize(("in_payloads", "team"), [(False, "T0LUMEN"), (True, "E0LUMEN")])
def test_on_a_grid_a_press_carries_the_one_id_or_the_other(
    app: TinyApp, vera: SlackPerson, grid: None, in_payloads: bool, team: str
) -> None:
    app.office.grid_in_payloads = in_payloads
    button = {"type": "button", "action_id": "go", "text": plain("Go")}
    window = app.open(vera, {"type": "actions", "block_id": "b", "elements": [button]})
    vera.press(window, "Go")
    assert app.last["user"]["team_id"] == team


@pytest.fixture
def channel(app: TinyApp) -> str:
    """A shared channel of its own, that a test may do anything to."""
    id = f"C0OWN{len(app.office.channels)}"
    app.office.add_channel(id, "own", {"U0VERA", "U0CAROL"})
    return id


LIVES: dict[str, tuple[Json, str, Json]] = {
    "archive": ({}, "channel_archive", {"user": "U0VERA"}),
    "unarchive": ({}, "channel_unarchive", {"user": "U0VERA"}),
    "unshare": (
        {"team": "T0ACME"},
        "channel_unshared",
        {"previously_connected_team_id": "T0ACME", "is_ext_shared": False},
    ),
    "share": (
        {"team": "T0ACME", "users": ["U0ADAM"]},
        "channel_shared",
        {"connected_team_id": "T0ACME"},
    ),
    "leave": ({"user": "U0CAROL"}, "member_left_channel", {"user": "U0CAROL", "team": "T0ACME"}),
    "join": ({"user": "U0NILS"}, "member_joined_channel", {"user": "U0NILS", "team": "T0LUMEN"}),
}


@pytest.mark.parametrize("deed", LIVES)
def test_the_app_hears_what_becomes_of_a_channel(
    app: TinyApp, vera: SlackPerson, channel: str, deed: str
) -> None:
    details, kind, facts = LIVES[deed]
    assert vera._post(deed, channel=channel, **details)["ok"]
    assert ({"channel": channel} | facts).items() <= app.event(kind)["event"].items()


def test_a_bot_that_is_removed_hears_of_it_once_more_and_then_of_nothing(
    app: TinyApp, vera: SlackPerson, channel: str
) -> None:
    vera._post("leave", channel=channel, user="U0MAILDESK")
    assert app.event("channel_left")["event"]["channel"] == channel
    assert app.event("member_left_channel")["event"]["user"] == "U0MAILDESK"
    vera._post("archive", channel=channel)
    vera._post("join", channel=channel, user="U0MAILDESK")
    app.event("member_joined_channel")
    assert "channel_archive" not in [envelope["event"]["type"] for envelope in app.events]


def test_after_the_deed_the_channel_is_what_was_said(
    app: TinyApp, vera: SlackPerson, channel: str
) -> None:
    vera._post("archive", channel=channel)
    assert app.error("chat.postMessage", channel=channel, text="x")["error"] == "is_archived"
    vera._post("unarchive", channel=channel)
    vera._post("unshare", channel=channel, team="T0ACME")
    assert not app.client.conversations_info(channel=channel)["channel"]["is_ext_shared"]
    assert "U0CAROL" not in app.client.conversations_members(channel=channel)["members"]
    vera._post("share", channel=channel, team="T0ACME", users=["U0ADAM"])
    assert "U0ADAM" in app.client.conversations_members(channel=channel)["members"]
    vera._post("leave", channel=channel, user="U0MAILDESK")
    assert app.error("chat.postMessage", channel=channel, text="x")["error"] == "not_in_channel"


def test_a_channel_with_a_new_id_takes_its_messages_along(
    app: TinyApp, vera: SlackPerson, channel: str
) -> None:
    app.client.chat_postMessage(channel=channel, text="before")
    new = vera._post("change_id", channel=channel)["channel"]
    event = app.event("channel_id_changed")["event"]
    assert (event["old_channel_id"], event["new_channel_id"]) == (channel, new)
    assert app.error("chat.postMessage", channel=channel, text="x")["error"] == "channel_not_found"
    assert vera.find(new, "before")
