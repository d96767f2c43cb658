"""The validator of the practice Slack: for each limit one payload at the limit, which passes, and
one beyond, which does not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.slack.limits import problems
from tests.support.rows import every

pytestmark = pytest.mark.simulator

Json = dict[str, Any]
Drawn = tuple[str, Json]
"""A surface, and what is drawn there."""


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def message(*blocks: Json, text: str = "T") -> Drawn:
    return "message", {"text": text, "blocks": list(blocks)}


def modal(*blocks: Json, **more: Any) -> Drawn:
    return "modal", {
        "type": "modal",
        "title": plain(1),
        "submit": plain(1),
        "blocks": list(blocks) or [DIVIDER],
    } | more


def home(*blocks: Json, **more: Any) -> Drawn:
    return "home", {"type": "home", "blocks": list(blocks)} | more


def section(**more: Any) -> Json:
    return {"type": "section"} | more


def field(element: Json, **more: Any) -> Drawn:
    return modal({"type": "input", "label": plain(1), "element": element} | more)


def picture(**more: Any) -> Json:
    return {"type": "image", "image_url": "https://maildesk.example/i.png", "alt_text": "A"} | more


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain(1)} | more


def pressed(**more: Any) -> Drawn:
    return message({"type": "actions", "elements": [button(**more)]})


def confirmed(**more: Any) -> Drawn:
    words = {"title": plain(1), "text": plain(1), "confirm": plain(1), "deny": plain(1)}
    return pressed(confirm=words | more)


def option(number: int = 0, **more: Any) -> Json:
    return {"text": plain(1), "value": f"v{number}"} | more


def options(count: int) -> list[Json]:
    return [option(number) for number in range(count)]


def choice(kind: str = "static_select", **more: Any) -> Json:
    return {"type": kind, "action_id": "a"} | (more or {"options": options(1)})


def groups(count: int, each: int = 1, label: int = 1) -> list[Json]:
    listed = [[option(number * 1000 + place) for place in range(each)] for number in range(count)]
    return [{"label": plain(label), "options": part} for part in listed]


def typed(**more: Any) -> Drawn:
    return field({"type": "plain_text_input", "action_id": "a"} | more)


def accessory(element: Json) -> Drawn:
    return message(section(text=mrkdwn(1), accessory=element))


DIVIDER: Json = {"type": "divider"}

LIMITS: dict[str, tuple[Callable[[int], Drawn], int, int]] = {
    # the frame
    "blocks of a message": (lambda n: message(*[DIVIDER] * n), 50, 51),
    "blocks of a modal": (lambda n: modal(*[DIVIDER] * n), 100, 101),
    "blocks of the Home tab": (lambda n: home(*[DIVIDER] * n), 100, 101),
    "text of a message": (lambda n: message(text="x" * n), 4000, 4001),
    "some text in a message": (lambda n: message(text="x" * n), 1, 0),
    "title": (lambda n: modal(title=plain(n)), 24, 25),
    "some title": (lambda n: modal(title=plain(n)), 1, 0),
    "submit": (lambda n: modal(submit=plain(n)), 24, 25),
    "close": (lambda n: modal(close=plain(n)), 24, 25),
    "private_metadata": (lambda n: modal(private_metadata="x" * n), 3000, 3001),
    "private_metadata of the Home tab": (lambda n: home(DIVIDER, private_metadata="x" * n), 3000, 3001),
    "callback_id": (lambda n: modal(callback_id="x" * n), 255, 256),
    "external_id": (lambda n: modal(external_id="x" * n), 255, 256),
    "block_id": (lambda n: message(DIVIDER | {"block_id": "x" * n}), 255, 256),
    # blocks
    "section text": (lambda n: message(section(text=mrkdwn(n))), 3000, 3001),
    "some section text": (lambda n: message(section(text=mrkdwn(n))), 1, 0),
    "fields": (lambda n: message(section(fields=[mrkdwn(1)] * n)), 10, 11),
    "some field": (lambda n: message(section(fields=[mrkdwn(1)] * n)), 1, 0),
    "field text": (lambda n: message(section(fields=[mrkdwn(n)])), 2000, 2001),
    "header": (lambda n: message({"type": "header", "text": plain(n)}), 150, 151),
    "context elements": (lambda n: message({"type": "context", "elements": [mrkdwn(1)] * n}), 10, 11),
    "some context element": (lambda n: message({"type": "context", "elements": [mrkdwn(1)] * n}), 1, 0),
    "actions": (
        lambda n: message({"type": "actions", "elements": [button(action_id=f"a{k}") for k in range(n)]}),
        25,
        26,
    ),
    "some action": (lambda n: message({"type": "actions", "elements": [button()] * n}), 1, 0),
    "picture address": (lambda n: message(picture(image_url="https://" + "x" * (n - 8))), 3000, 3001),
    "picture description": (lambda n: message(picture(alt_text="x" * n)), 2000, 2001),
    "some picture description": (lambda n: message(picture(alt_text="x" * n)), 1, 0),
    "picture title": (lambda n: message(picture(title=plain(n))), 2000, 2001),
    "markdown of a message": (lambda n: message(*[{"type": "markdown", "text": "x" * n}] * 2), 6000, 6001),
    "input label": (lambda n: field(choice(), label=plain(n)), 2000, 2001),
    "input hint": (lambda n: field(choice(), hint=plain(n)), 2000, 2001),
    # elements
    "action_id": (lambda n: pressed(action_id="x" * n), 255, 256),
    "some action_id": (lambda n: pressed(action_id="x" * n), 1, 0),
    "button text": (lambda n: pressed(text=plain(n)), 75, 76),
    "button value": (lambda n: pressed(value="x" * n), 2000, 2001),
    "button url": (lambda n: pressed(url="https://" + "x" * (n - 8)), 3000, 3001),
    "accessibility_label": (lambda n: pressed(accessibility_label="x" * n), 75, 76),
    "confirm title": (lambda n: confirmed(title=plain(n)), 100, 101),
    "confirm text": (lambda n: confirmed(text=plain(n)), 300, 301),
    "confirm button": (lambda n: confirmed(confirm=plain(n)), 30, 31),
    "deny button": (lambda n: confirmed(deny=plain(n)), 30, 31),
    "placeholder": (lambda n: typed(placeholder=plain(n)), 150, 151),
    "options": (lambda n: field(choice(options=options(n))), 100, 101),
    "some option": (lambda n: field(choice(options=options(n))), 1, 0),
    "options of several choices": (lambda n: field(choice("multi_static_select", options=options(n))), 100, 101),
    "overflow options": (lambda n: accessory(choice("overflow", options=options(n))), 5, 6),
    "some overflow option": (lambda n: accessory(choice("overflow", options=options(n))), 1, 0),
    "checkboxes": (lambda n: field(choice("checkboxes", options=options(n))), 10, 11),
    "some checkbox": (lambda n: field(choice("checkboxes", options=options(n))), 1, 0),
    "radio buttons": (lambda n: field(choice("radio_buttons", options=options(n))), 10, 11),
    "option groups": (lambda n: field(choice(option_groups=groups(n))), 100, 101),
    "some option group": (lambda n: field(choice(option_groups=groups(n))), 1, 0),
    "options of a group": (lambda n: field(choice(option_groups=groups(2, n))), 100, 101),
    "some option of a group": (lambda n: field(choice(option_groups=groups(1, n))), 1, 0),
    "group label": (lambda n: field(choice(option_groups=groups(1, label=n))), 75, 76),
    "option text": (lambda n: field(choice(options=[option(text=plain(n))])), 75, 76),
    "option description": (lambda n: field(choice(options=[option(description=plain(n))])), 75, 76),
    "option value": (lambda n: field(choice(options=[option(value="x" * n)])), 150, 151),
    "some option value": (lambda n: field(choice(options=[option(value="x" * n)])), 1, 0),
    "overflow url": (lambda n: accessory(choice("overflow", options=[option(url="https://" + "x" * (n - 8))])), 3000, 3001),
    "max_length": (lambda n: typed(max_length=n), 3000, 3001),
    "some max_length": (lambda n: typed(max_length=n), 1, 0),
    "min_length": (lambda n: typed(min_length=n), 3000, 3001),
    "min_length beside max_length": (lambda n: typed(min_length=n, max_length=20), 20, 21),
    "initial_value": (lambda n: typed(initial_value="x" * n), 3000, 3001),
    "initial_value beside max_length": (lambda n: typed(initial_value="x" * n, max_length=20), 20, 21),
    "initial_value beside min_length": (lambda n: typed(initial_value="x" * n, min_length=5), 5, 4),
    "files": (lambda n: field({"type": "file_input", "action_id": "a", "max_files": n}), 10, 11),
    "some files": (lambda n: field({"type": "file_input", "action_id": "a", "max_files": n}), 1, 0),
}  # fmt: skip
"""What is drawn with a number, the last number that passes, and the first that does not."""

RULES: dict[str, tuple[Drawn, Drawn]] = {
    "a block of each type stands where it may": (
        message({"type": "markdown", "text": "x"}),
        modal({"type": "markdown", "text": "x"}),
    ),
    "a block is of a type that Slack has": (message(DIVIDER), message({"type": "rainbow"})),
    "a block is of a type that slack_sdk has": (message(DIVIDER), message({"type": "data_table", "rows": []})),
    "a window is of the type that the call wants": (modal(), ("modal", home(DIVIDER)[1])),
    "an input needs a submit": (field(choice()), ("modal", {k: v for k, v in field(choice())[1].items() if k != "submit"})),
    "the Home tab has no submit": (home(DIVIDER), home(DIVIDER, submit=plain(1))),
    "a block_id stands once": (
        message(DIVIDER | {"block_id": "a"}, DIVIDER | {"block_id": "b"}),
        message(DIVIDER | {"block_id": "a"}, DIVIDER | {"block_id": "a"}),
    ),
    "an action_id stands once in its block": (
        message({"type": "actions", "elements": [button(), button(action_id="b")]}),
        message({"type": "actions", "elements": [button(), button()]}),
    ),
    "a section says something": (message(section(text=mrkdwn(1))), message(section())),
    "a title is plain": (modal(), modal(title=mrkdwn(1))),
    "a text is an object": (message(section(text=mrkdwn(1))), message(section(text="x"))),
    "only mrkdwn is verbatim": (
        message(section(text=mrkdwn(1) | {"verbatim": True})),
        message(section(text=plain(1) | {"verbatim": True})),
    ),
    "a picture has one source": (message(picture()), message(picture(slack_file={"id": "F1"}))),
    "an element is of a type that Slack has": (accessory(button()), accessory(button(type="lever"))),
    "a field stands in an input": (typed(), accessory({"type": "plain_text_input", "action_id": "a"})),
    "a row of buttons has no list of several people": (
        field({"type": "multi_users_select", "action_id": "a"}),
        message({"type": "actions", "elements": [{"type": "multi_users_select", "action_id": "a"}]}),
    ),
    "a button is no input": (field(choice()), field(button())),
    "an input has an element": (field(choice()), modal({"type": "input", "label": plain(1)})),
    "a style is one of two": (pressed(style="danger"), pressed(style="default")),
    "a question has all its words": (confirmed(), pressed(confirm={"title": plain(1), "text": plain(1)})),
    "options or groups": (
        field(choice(option_groups=groups(1))),
        field(choice(option_groups=groups(1), options=options(1))),
    ),
    "only a select has groups": (
        field(choice("multi_static_select", option_groups=groups(1))),
        field(choice("checkboxes", option_groups=groups(1))),
    ),
    "a value stands once": (field(choice(options=options(2))), field(choice(options=[option(), option()]))),
    "a value stands once in all groups": (
        field(choice(option_groups=groups(2))),
        field(choice(option_groups=groups(1) * 2)),
    ),
    "an option of a select is plain": (
        field(choice("checkboxes", options=[option(text=mrkdwn(1))])),
        field(choice(options=[option(text=mrkdwn(1))])),
    ),
    "only an overflow menu links": (
        accessory(choice("overflow", options=[option(url="https://maildesk.example")])),
        accessory(choice(options=[option(url="https://maildesk.example")])),
    ),
    "what is chosen is one of the options": (
        field(choice(options=options(2), initial_option=option(1))),
        field(choice(options=options(2), initial_option=option(2))),
    ),
    "a date is one": (
        field({"type": "datepicker", "action_id": "a", "initial_date": "2028-02-29"}),
        field({"type": "datepicker", "action_id": "a", "initial_date": "2027-02-29"}),
    ),
    "a date is written in full": (
        field({"type": "datepicker", "action_id": "a", "initial_date": "2026-12-31"}),
        field({"type": "datepicker", "action_id": "a", "initial_date": "20261231"}),
    ),
}  # fmt: skip
"""What passes, and what does not."""


@every("name", LIMITS)
def test_a_limit_is_where_slack_has_it(name: str) -> None:
    draw, last, first_refused = LIMITS[name]
    assert problems(*draw(last)) == []
    assert problems(*draw(first_refused)) != []


@every("name", RULES)
def test_a_rule_is_kept(name: str) -> None:
    good, bad = RULES[name]
    assert problems(*good) == []
    assert problems(*bad) != []


def test_the_models_of_slacks_sdk_are_asked_too() -> None:
    late = {
        "type": "input",
        "label": plain(1),
        "element": {"type": "datepicker", "action_id": "a", "initial_date": "soon"},
    }
    for surface, payload in (modal(late), message(late)):
        assert any(
            problem.startswith("slack_sdk: initial_date") for problem in problems(surface, payload)
        )


def test_every_problem_is_told() -> None:
    found = " ".join(
        problems(
            *message(
                section(text=mrkdwn(3001)), {"type": "rainbow"}, section(fields=[mrkdwn(2001)])
            )
        )
    )
    assert (
        "block 0 (section)" in found
        and "block 1 (rainbow)" in found
        and "block 2 (section)" in found
    )


def test_nothing_is_changed_by_looking() -> None:
    for draw, last, _ in LIMITS.values():
        surface, payload = draw(last)
        before = copy.deepcopy(payload)
        problems(surface, payload)
        assert payload == before
