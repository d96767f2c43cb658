"""Cells of a CSV file that somebody opens in a spreadsheet."""

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With these a cell begins that a spreadsheet reads as a formula
(owasp.org/www-community/attacks/CSV_Injection)."""


def harmless(text: str) -> str:
    """The cell; what a spreadsheet would take for a formula is marked as text."""
    return f"'{text}" if text.startswith(FORMULAS) else text
