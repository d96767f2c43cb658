"""The encryption keys: whether they open what is stored."""

from collections.abc import Iterable, Iterator

from bot.doctor.findings import Finding, found
from storage.cipher import CannotOpen, Cipher
from storage.rotation import SealedValue


def keys(cipher: Cipher, samples: Iterable[SealedValue]) -> Iterator[Finding]:
    """Whether the keys open the samples: one value of each column and key that it is sealed
    under."""
    opened = 0
    older = 0
    closed: dict[str, str] = {}
    for sample in samples:
        try:
            cipher.open(sample.value, sample.sealed_for)
        except CannotOpen as error:
            closed.setdefault(sample.place, str(error))
        else:
            opened += 1
            older += not cipher.is_newest(sample.value)
    for place, reason in sorted(closed.items()):
        yield found("key-missing", place=place, reason=reason)
    if closed:
        return
    yield found("keys-older" if older else "keys-ok", count=opened)
