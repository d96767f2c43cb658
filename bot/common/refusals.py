"""What the bot says no to, in words that the person may read."""

from datetime import datetime


class Refused(Exception):
    """The bot will not do what was asked. `sentence` names the sentence that tells the person why,
    filled with `values`; a time is shown in the reader's own zone."""

    def __init__(self, sentence: str, /, **values: str | datetime) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values


class SlackBusy(Refused):
    """Slack, which knows who somebody is, does not answer just now."""

    def __init__(self) -> None:
        super().__init__("refused.slack_busy")
