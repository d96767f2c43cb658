"""What a person sees on the screen, and who has the next step by it: the reader, who has one
primary button to press (on a page of ours, one that is named and waits in Slack), or somebody who
is named."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator

from bot.views.audience import Audience
from handlers.text.people import owner_named, person_named
from handlers.text.words import plainly, sentences
from storage.vocabulary import Owner

PRIMARY = ".primary, .button:not(.quiet, .actions .button)"
"""The practice Slack's primary buttons, and the buttons of our own pages."""

STEPS = "steps"
NOTHING_TO_DO = "nothing to do"
TAKES_STEPS = (Owner.USER, Owner.ADMINISTRATOR, Owner.SUPPORT, Owner.ON_CALL)
CLOSE_IT = "close this page"
VENDOR = "Lumen CRM"
EDGE_PIXELS = 1

READ = """(element, [primary, edge]) => {
  const shown = (each) => each.checkVisibility({ visibilityProperty: true });
  const beside = ({ left, right }) => left < -edge || right > innerWidth + edge;
  const labels = (found) => found.map((each) => (each.innerText || each.ariaLabel || "").trim());
  const pressed = [...element.querySelectorAll("button, a, input, select, textarea")].filter(shown);
  const root = document.documentElement;
  return {
    words: element.innerText,
    primary: labels(pressed.filter((each) => each.matches(primary) && !each.disabled)),
    bold: labels([...element.querySelectorAll("b")].filter(shown)),
    beside: labels(pressed.filter((each) => beside(each.getBoundingClientRect()))),
    wide: root.scrollWidth > root.clientWidth,
  };
}"""


@dataclass(frozen=True)
class Sight:
    """A card, a window or a page as it is on the screen: its words, the labels of its primary
    buttons, what is bold, the buttons that lie beside the screen, and whether it has to be
    scrolled sideways."""

    words: str
    primary: list[str]
    bold: list[str]
    beside: list[str]
    wide: bool

    def turns(self, audience: Audience) -> set[Owner]:
        """Who is named as whoever has the next step."""
        return {owner for owner in Owner if self._says(_names(owner, audience))}

    @property
    def done(self) -> bool:
        """Whether it says that nobody has to do anything."""
        return CLOSE_IT in self.words or self._says({plainly("owner.nobody")})

    @property
    def in_slack(self) -> list[str]:
        """The buttons of Slack's messages that it names."""
        buttons = {text for name, text in sentences().items() if name.startswith("button.")}
        return [label for label in self.bold if label in buttons]

    @property
    def looked_after(self) -> bool:
        """Whether it says when we look by ourselves at a change that somebody reported."""
        return sentences()["card.retest"].partition("{at}")[0].rpartition(": ")[2] in self.words

    def tells_how(self, own: Owner, audience: Audience) -> bool:
        """Whether it has the steps that the reader takes elsewhere."""
        return own in TAKES_STEPS and self._says({person_named(own, audience)})

    def _says(self, names: set[str]) -> bool:
        """Whether one of the names stands by itself, as what belongs to a label."""
        any_of = "|".join(re.escape(name) for name in names)
        when = r"(?: \(tests again [^\n]*\))?"
        return re.search(rf"(?:^|: |\n)(?:{any_of}){when}\s*(?:$|\n|·)", self.words) is not None


def look_at(where: Locator) -> Sight:
    """What is on the screen there."""
    return Sight(**where.evaluate(READ, [PRIMARY, EDGE_PIXELS]))


def _names(owner: Owner, audience: Audience) -> set[str]:
    named = {owner_named(owner, audience)}
    if audience is Audience.CUSTOMER:
        named.add(plainly(f"owner_page.{owner}", vendor=VENDOR))
    return named


def next_step(sight: Sight, audience: Audience, own: Owner, page: bool = False) -> str:
    """The label of the one primary button, or who is named instead; whoever is named and reads it
    has a button, or steps to take elsewhere. A `page` of ours may send them on to a button in
    Slack. `own`: who the reader is.

    Raises:
        AssertionError: somebody who looks at it does not know how it goes on.
    """
    assert not sight.wide, "the page has to be scrolled sideways"
    assert sight.beside == [], f"beside the screen: {sight.beside}"
    assert len(sight.primary) <= 1, f"which one comes first? {sight.primary}\n{sight.words}"
    buttons = sight.primary or (sight.in_slack if page else [])
    turns = sight.turns(audience)
    can = bool(buttons) or sight.tells_how(own, audience) or sight.looked_after
    assert can or own not in turns, f"their turn, and no way on:\n{sight.words}"
    assert can or turns or sight.done, f"nobody knows how it goes on:\n{sight.words}"
    if buttons:
        return buttons[0]
    return ", ".join(sorted(turns)) or (NOTHING_TO_DO if sight.done else STEPS)
