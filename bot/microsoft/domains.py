"""Whose a domain is, as Microsoft says it to everybody, remembered for a while."""

import threading
from collections.abc import Iterable, MutableMapping
from datetime import timedelta

from cachetools import TLRUCache

from bot.common.clock import Clock
from bot.microsoft.client import Microsoft, MicrosoftUnreachable

REMEMBERED_FOR = timedelta(minutes=10)
"""So old an answer may be: domains move seldom, and the sign-in has the last word."""

SILENCE_REMEMBERED_FOR = timedelta(seconds=30)
"""So long Microsoft is not asked again that did not answer: a list has many rows of one domain."""

MAX_REMEMBERED = 1000
PATIENCE_SECONDS = 1.5
"""So long a form may wait, which Slack gives three seconds."""

Memory = MutableMapping[str, str | None]
"""By domain the tenant; empty where there is none, None where Microsoft did not answer."""


class Domains:
    """Asks whose domains are."""

    def __init__(self, microsoft: Microsoft, memory: Memory) -> None:
        self._microsoft = microsoft
        self._memory = memory
        self._lock = threading.Lock()

    def tenants_of(self, domains: Iterable[str]) -> dict[str, str]:
        """By domain the tenant that has it, without those of nobody and those that Microsoft did
        not answer about. Takes a second and a half at most, so never within a transaction."""
        wanted = set(domains)
        known = self._remembered(wanted)
        new = sorted(wanted - known.keys())
        for domain in new:
            known[domain] = self._ask(domain, PATIENCE_SECONDS / len(new))
        return {domain: tenant for domain, tenant in known.items() if tenant}

    def _remembered(self, wanted: Iterable[str]) -> dict[str, str | None]:
        with self._lock:
            return {domain: self._memory[domain] for domain in wanted if domain in self._memory}

    def _ask(self, domain: str, seconds: float) -> str | None:
        try:
            tenant: str | None = self._microsoft.tenant_of(domain, seconds)
        except MicrosoftUnreachable:
            tenant = None
        with self._lock:
            self._memory[domain] = tenant
        return tenant


def new_memory(clock: Clock) -> Memory:
    """A memory of limited size that forgets."""

    def until(domain: str, tenant: str | None, now: float) -> float:
        span = SILENCE_REMEMBERED_FOR if tenant is None else REMEMBERED_FOR
        return now + span.total_seconds()

    return TLRUCache(MAX_REMEMBERED, ttu=until, timer=lambda: clock.now().timestamp())
