"""QR codes: an address as a picture that stands in the page itself, so that nobody else is asked to
draw it."""

import segno
from markupsafe import Markup

QUIET_ZONE = 4
"""So many modules stay white around a code, or it may not be read (ISO/IEC 18004)."""


def qr_code(address: str) -> Markup:
    """The address as an SVG."""
    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff", lineclass=None))
