"""What a pasted text shows: the replies of servers, the errors of libraries and the sentences of
pages in it, each as the observation that the server's own answer would have made.

Which protocol a part of the text belongs to is decided by that part alone: what one protocol says
is never looked for among another's rows. What another company's service says is none of ours,
except for Microsoft's numbers in it. Nobody knows what a text without any of these means, and
nothing is made of it.
"""

from collections.abc import Iterator

from bot.diagnosis import pasted_mail, pasted_pages, pasted_signin, pasted_words, phrases
from bot.diagnosis.reading import Reading, Vocabulary
from bot.diagnosis.unwrapping import unwrapped


def readings(pasted: str, known: Vocabulary) -> Iterator[Reading]:
    """Everything that a pasted text shows."""
    text = unwrapped(pasted)
    numbers = list(pasted_signin.numbers(text, known))
    yield from numbers
    if phrases.load().is_anothers(phrases.folded(text)):
        return
    if not any(number.sure for number in numbers):
        yield from pasted_signin.errors(text, known.oauth)
    yield from pasted_signin.codes(text, known.graph)
    pages = list(pasted_pages.pages(text))
    yield from pages
    if not any(page.sure for page in pages):
        yield from pasted_signin.busy(text)
    yield from pasted_mail.smtp(text, known.smtp)
    yield from pasted_mail.imap(text)
    yield from pasted_words.sentences(text)
