"""Error pages in the place of Slack's answers: one among answers is of one call, many in a row are
an outage of everything."""

IN_A_ROW = 6
"""After so many without an answer between them nothing is asked for a while but whether that is
over. A channel alone meets them within about two minutes."""


class ErrorPages:
    """How many came in a row in this process."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def are_all_there_is(self) -> bool:
        """Count one more; whether Slack answers nothing."""
        self._in_a_row += 1
        return self._in_a_row >= IN_A_ROW

    def are_over(self) -> None:
        """Slack has answered."""
        self._in_a_row = 0
