"""A page on which a person looks through all pictures: by walk and width, in the order in which they
were taken, each with who looks; one role or one width can be shown by itself."""

from collections.abc import Iterable
from html import escape
from itertools import groupby
from string import Template

from tests.support.album import Picture

KINDS = {
    "story": "Off the happy road",
    "tour": "Guided tours",
    "pages": "Pages of the sign-in",
    "": "Walks",
}
"""A walk's first word, and what walks of its kind are called."""

PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pictures of Maildesk</title>
<style>
  body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem 1.5rem; color: #1d1c1d; }
  nav { position: sticky; top: 0; background: #fff; padding: .5rem 0; border-bottom: 1px solid #ccc; }
  .row { display: flex; flex-wrap: wrap; gap: 1rem; }
  figure { margin: 0; width: 26rem; }
  figure.phone { width: 12rem; }
  img { width: 100%; border: 1px solid #bbb; }
  figcaption b { color: #0b6e4f; }
  figure[hidden] { display: none; }
</style>
<h1>Pictures of Maildesk</h1>
<nav>
  $count pictures ·
  <label>Who looks <select id="role"><option value="">everybody</option>$roles</select></label>
  <label>Width <select id="width"><option value="">both</option>$widths</select></label>
</nav>
<ul>$contents</ul>
$sections
<script>
  const chosen = (id) => document.getElementById(id).value;
  const fits = (figure, id) => !chosen(id) || figure.dataset[id] === chosen(id);
  const show = () => document.querySelectorAll("figure").forEach((figure) => {
    figure.hidden = !(fits(figure, "role") && fits(figure, "width"));
  });
  document.querySelectorAll("select").forEach((list) => list.addEventListener("change", show));
</script>
</html>
""")


def page(names: Iterable[str]) -> str:
    """The page for pictures of these names, which lie beside it."""
    pictures = sorted(map(Picture.read, names), key=_place)
    walks = [(walk, list(each)) for walk, each in groupby(pictures, lambda one: one.walk)]
    return PAGE.substitute(
        count=len(pictures),
        roles=_options({each.role for each in pictures}),
        widths=_options({each.width for each in pictures}),
        contents="\n".join(
            f'<li><a href="#{escape(walk)}">{escape(_title(walk))}</a> ({len(taken)})</li>'
            for walk, taken in walks
        ),
        sections="\n".join(_section(walk, taken) for walk, taken in walks),
    )


def _place(picture: Picture) -> tuple[int, str, str, int]:
    """Where a picture stands: kinds in the order of `KINDS`, and in a walk first the desk."""
    kind = list(KINDS).index(_kind(picture.walk))
    return kind, picture.walk, picture.width, picture.number


def _kind(walk: str) -> str:
    first = walk.partition("-")[0]
    return first if first in KINDS else ""


def _title(walk: str) -> str:
    kind = _kind(walk)
    return f"{KINDS[kind]}: {_words(walk.removeprefix(kind).lstrip('-'))}"


def _section(walk: str, taken: Iterable[Picture]) -> str:
    rows = [
        f"<h3>{escape(width)}</h3>\n<div class='row'>{''.join(map(_figure, pictures))}</div>"
        for width, pictures in groupby(taken, lambda each: each.width)
    ]
    title = f'<h2 id="{escape(walk)}">{escape(_title(walk))}</h2>'
    return "\n".join([title, *rows])


def _figure(picture: Picture) -> str:
    file = escape(picture.name)
    says = f"{picture.number}. <b>{escape(picture.role)}</b>: {escape(_words(picture.what))}"
    kind = f'class="{escape(picture.width)}" data-width="{escape(picture.width)}"'
    return (
        f'<figure {kind} data-role="{escape(picture.role)}">'
        f'<a href="{file}"><img src="{file}" loading="lazy" alt="{escape(_words(picture.what))}">'
        f"</a><figcaption>{says}</figcaption></figure>\n"
    )


def _options(values: set[str]) -> str:
    return "".join(f"<option>{escape(value)}</option>" for value in sorted(values))


def _words(slug: str) -> str:
    return slug.replace("-", " ")
