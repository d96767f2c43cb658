"""Makes pictures small enough for a repository: of each the most frequent colours stay, and the
others become the nearest of these. What is mostly text looks the same."""

import base64
import struct
import zlib
from pathlib import Path

from playwright.sync_api import Page

COLOURS = 256
SIGNATURE = b"\x89PNG\r\n\x1a\n"
DEPTH, PALETTE = 8, 3
"""Eight bits a pixel, each the number of a colour (RFC 2083, 4.1.1)."""

REDUCE = """async ([address, most]) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const drawing = canvas.getContext("2d");
  drawing.drawImage(image, 0, 0);
  const pixels = new Uint32Array(
    drawing.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) || 0) + 1);
  const kept = [...counts].sort((a, b) => b[1] - a[1]).slice(0, most).map(([colour]) => colour);
  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const shown = kept.map(parts);
  const nearest = new Map(kept.map((colour, at) => [colour, at]));
  for (const colour of counts.keys()) {
    if (nearest.has(colour)) continue;
    const [red, green, blue] = parts(colour);
    const far = shown.map(([r, g, b]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2);
    nearest.set(colour, far.indexOf(Math.min(...far)));
  }
  let places = "";
  for (const colour of pixels) places += String.fromCharCode(nearest.get(colour));
  return { width: image.width, height: image.height, colours: shown.flat(), places: btoa(places) };
}"""


def reduce(picture: Path, page: Page) -> bytes:
    """The picture as a PNG of at most 256 colours; `page` is a browser's, which reads it."""
    address = "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
    found = page.evaluate(REDUCE, [address, COLOURS])
    places = base64.b64decode(found["places"])
    wide = found["width"]
    lines = b"".join(b"\0" + places[at : at + wide] for at in range(0, len(places), wide))
    size = struct.pack(">IIBBBBB", wide, found["height"], DEPTH, PALETTE, 0, 0, 0)
    parts = (
        (b"IHDR", size),
        (b"PLTE", bytes(found["colours"])),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
