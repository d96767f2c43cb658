"""What a person notes about an unexplained reply."""

from dataclasses import dataclass

from bot.common.texts import on_one_line
from storage.vocabulary import Owner

SHORTEST_TITLE, LONGEST_TITLE = 5, 70
SHORTEST_TEXT = 20
LONGEST_SENTENCE = 400
LONGEST_SUPPORT = 900
MAX_STEPS = 8
LONGEST_STEP = 300
"""As long as the texts of the catalogue's rows may be (`Row`)."""

OWNERS = (Owner.USER, Owner.ADMINISTRATOR, Owner.SUPPORT, Owner.ON_CALL, Owner.MICROSOFT)
"""Who can mend something."""


@dataclass(frozen=True)
class Note:
    """What was filled in: one of the catalogue's causes, or the words of a new one; `phrase` where
    the reply has no number."""

    cause: str = ""
    phrase: str = ""
    title: str = ""
    customer: str = ""
    support: str = ""
    owner: str = ""
    permanence: str = ""
    remedy: str = ""

    @property
    def is_new(self) -> bool:
        """Whether anything of a new cause was written."""
        return any((self.title, self.customer, self.support, self.owner, self.permanence))

    @property
    def steps(self) -> list[str]:
        """The steps that mend it, one a line."""
        lines = (on_one_line(line) for line in self.remedy.splitlines())
        return [line for line in lines if line]


class NotNoted(Exception):
    """The note cannot be taken as it is; `problems` are sentences by the name of their field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = problems
