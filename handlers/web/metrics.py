"""The measures of the service in Prometheus's form. All come from the database, so that every
process says the same, whichever is asked."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bot.common.tallies import INFINITE, MEASURES, SUM, Measure
from bot.diagnosis.measures import Measured, Measures
from storage.vocabulary import Severity, State

Rows = Mapping[tuple[str, ...], float]


class ServiceCollector(Collector):
    """Gives every measure, as it is when it is asked."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def collect(self) -> Iterator[Metric]:
        """Every measure. Asks the database."""
        measured = self._measures.take()
        yield from _gauges(measured)
        for measure in MEASURES:
            rows = {k[1]: v for k, v in measured.counted.items() if k[0] == measure.name}
            yield _histogram(measure, rows) if measure.buckets else _counter(measure, rows)

    def describe(self) -> list[Metric]:
        """Nothing beforehand: the registry would take the measures once for their names."""
        return []


def text(measures: Measures) -> bytes:
    """Everything, as Prometheus reads it."""
    registry = CollectorRegistry()
    registry.register(ServiceCollector(measures))
    return generate_latest(registry)


def _gauges(measured: Measured) -> Iterator[Metric]:
    waiting = measured.messages
    yield _gauge("outbox_waiting", "Messages that wait to be sent", [], {(): waiting.count})
    yield _gauge(
        "outbox_oldest_seconds", "How long the oldest of them waits", [], {(): waiting.seconds}
    )
    changes = measured.webhooks
    yield _gauge(
        "webhooks_waiting", "Changes that the product has not taken yet", [], {(): changes.count}
    )
    yield _gauge(
        "webhooks_oldest_seconds", "How long the oldest of them waits", [], {(): changes.seconds}
    )
    jobs = measured.jobs
    counts: Rows = {kind: each.count for kind, each in jobs.items()}
    yield _gauge("jobs_waiting", "Jobs that are due or in hand", ["kind"], counts)
    ages: Rows = {kind: each.seconds for kind, each in jobs.items()}
    yield _gauge("jobs_oldest_seconds", "How long the oldest of them is due", ["kind"], ages)
    none: Rows = {(severity.value,): 0 for severity in Severity}
    open_ = {**none, **measured.incidents}
    yield _gauge("incidents_open", "Incidents that are not over", ["severity"], open_)
    nobody: Rows = {(state.value,): 0 for state in State}
    accounts = {**nobody, **measured.accounts}
    yield _gauge("accounts", "Mailboxes by their state", ["state"], accounts)
    yield _gauge(
        "failures", "Failures that are still there, by cause", ["cause"], measured.failures
    )
    results: Rows = {("passed",): 0, ("failed",): 0, ("overtaken",): 0}
    tests = {**results, **measured.tests}
    yield _gauge("tests_of_a_day", "Tests that ended within a day", ["result"], tests)
    sent: Rows = {(): measured.reminders}
    yield _gauge("reminders_of_a_day", "Reminders that were posted within a day", [], sent)
    yield _gauge(
        "duty_age_seconds",
        "How long ago any worker did what it looks for again and again",
        ["duty"],
        measured.duties,
    )


def _gauge(
    name: str, about: str, labels: Sequence[str], rows: Mapping[tuple[str, ...], float]
) -> Metric:
    family = GaugeMetricFamily(f"maildesk_{name}", about, labels=labels)
    for values, number in sorted(rows.items()):
        family.add_metric(values, number)
    return family


def _counter(measure: Measure, rows: Rows) -> Metric:
    family = CounterMetricFamily(measure.name, measure.text, labels=measure.labels)
    for values, number in sorted(rows.items()):
        family.add_metric(values, number)
    return family


def _histogram(measure: Measure, rows: Rows) -> Metric:
    """Each length of time was counted at one bucket; here a bucket has all that are shorter too."""
    family = HistogramMetricFamily(measure.name, measure.text, labels=measure.labels)
    for labels in sorted({values[:-1] for values in rows}):
        total = 0.0
        buckets = []
        for bound in (*map(str, measure.buckets), INFINITE):
            total += rows.get((*labels, bound), 0)
            buckets.append((bound, total))
        family.add_metric(labels, buckets, rows.get((*labels, SUM), 0) / 1000)
    return family
