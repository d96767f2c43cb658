"""A secret in a file that may be replaced while the bot runs."""

import threading
from collections.abc import Callable

import structlog

from bot.config.env_file import SettingsError

log = structlog.get_logger(__name__)


class FileSecret:
    """A secret whose file is read at each use: so it does not matter how it is replaced, whatever
    that does to times and inodes. While there is nothing of use in the file, as for a moment where
    it is written in place, the secret stays as it was."""

    def __init__(
        self, name: str, value: str, read: Callable[[], str], checked: Callable[[str], str]
    ) -> None:
        """`name`: the setting's. `value`: what was read first. `read` says what stands in the file,
        `checked` what that means as a value of the setting, asked only where it is new; either may
        raise `SettingsError`, which shows no secret."""
        self._name = name
        self._value = value
        self._text = ""
        self._read = read
        self._checked = checked
        self._lock = threading.Lock()
        self._failed = False

    def get_secret_value(self) -> str:
        """What it is now. That the file is of no use is logged once, until it is again."""
        with self._lock:
            try:
                self._look()
            except SettingsError as error:
                if not self._failed:
                    log.error("secret.not_read_again", setting=self._name, reason=str(error))
                self._failed = True
            else:
                self._failed = False
            return self._value

    def _look(self) -> None:
        text = self._read()
        if text != self._text:
            self._value = self._checked(text)
            self._text = text
