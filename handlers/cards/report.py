"""The weekly report to the support team: charts and a table where Slack takes them, lines with bars
where it does not."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.views.report import CauseCount, Numbers, OnCallTimes, Report, Stage
from handlers.cards.kit import Block, Message, Safe, bar, context, divider, header, section
from handlers.cards.newer import bar_chart, pie_chart, table
from handlers.text.markup import day_of
from handlers.text.spans import how_long
from handlers.text.words import plainly, say
from storage.vocabulary import Owner

CAUSES_SHOWN = 8


def report_message(report: Report) -> Message:
    """How last week went, and what changed against the week before."""
    now = report.week
    summary = say("report.summary", live=now.live, broken=now.broken, connected=len(now.connected))
    blocks = [
        header(plainly("report.title")),
        context(say("report.week", first=day_of(now.first_day), last=day_of(now.last_day))),
        *_road(report),
        divider(),
        *_standing(report),
        divider(),
        *_causes(now),
        divider(),
        section(_on_call(now.on_call, report.before.on_call)),
        context(say("report.brackets")),
    ]
    return Message(summary, blocks)


def _road(report: Report) -> list[Block]:
    now = {plainly(f"report.{stage}"): report.week.road[stage] for stage in Stage}
    before = {plainly(f"report.{stage}"): report.before.road[stage] for stage in Stage}
    most = max(now.values(), default=0)
    lines = [
        say(
            "report.road_line",
            bar=bar(count, most),
            stage=stage,
            count=count,
            change=_change(count, before[stage]),
        )
        for stage, count in now.items()
    ]
    title = plainly("report.road")
    chart = bar_chart(
        title,
        {plainly("report.this_week"): now, plainly("report.week_before"): before},
        [section(Safe("\n".join([say("report.heading", title=title), *lines])))],
    )
    return [chart, section(_time_to_connect(report))]


def _time_to_connect(report: Report) -> Safe:
    now = report.week
    count = len(now.connected)
    change = _change(count, len(report.before.connected))
    lines = [say("report.connected", count=count, change=change)]
    if now.median is not None and now.worst is not None:
        before = report.before.median
        lines += [
            say("report.median", span=how_long(now.median), before=_span(before)),
            say(
                "report.worst",
                span=how_long(now.worst.took),
                name=now.worst.name,
                ref=now.worst.ref,
                customer=now.worst.customer,
            ),
        ]
    return Safe("\n".join(lines))


def _standing(report: Report) -> list[Block]:
    now = report.week
    before = report.before
    lines = [
        say("report.live_now", count=now.live, change=_change(now.live, before.live)),
        say("report.broken_now", count=now.broken, change=_change(now.broken, before.broken)),
        say("report.broke", count=now.broke, change=_change(now.broke, before.broke)),
    ]
    return [section(Safe("\n".join(lines)))]


def _causes(now: Numbers) -> list[Block]:
    if not now.causes:
        return [section(say("report.no_causes"))]
    shown = now.causes[:CAUSES_SHOWN]
    head = [plainly(f"report.column_{name}") for name in ("cause", "turn", "mailboxes")]
    rows = [[each.title, _turn(each.owner), str(each.mailboxes)] for each in shown]
    listed = table(head, rows, [section(_cause_lines(shown))], numbers=[2])
    left = len(now.causes) - len(shown)
    more = [context(say("report.more_causes", count=left))] if left else []
    return [section(say("report.causes")), listed, *more, *_by_owner(now.by_owner)]


def _cause_lines(shown: Sequence[CauseCount]) -> Safe:
    most = shown[0].mailboxes
    lines = [
        say(
            "report.cause_line",
            bar=bar(each.mailboxes, most, length=5),
            count=each.mailboxes,
            title=each.title,
            owner=_turn(each.owner),
        )
        for each in shown
    ]
    return Safe("\n".join(lines))


def _by_owner(counts: Mapping[Owner, int]) -> list[Block]:
    if len(counts) < 2:
        return []  # the one stands beside each cause
    named = {_turn(owner): count for owner, count in counts.items()}
    most = max(named.values())
    title = plainly("report.by_owner")
    lines = [
        say("report.owner_line", bar=bar(count, most), owner=owner, count=count)
        for owner, count in named.items()
    ]
    plain = section(Safe("\n".join([say("report.heading", title=title), *lines])))
    return [pie_chart(title, named, [plain])]


def _on_call(now: OnCallTimes, before: OnCallTimes) -> Safe:
    lines = [say("report.alerts", count=now.opened, change=_change(now.opened, before.opened))]
    if now.acknowledged is not None:
        span = how_long(now.acknowledged)
        lines.append(say("report.acknowledged", span=span, before=_span(before.acknowledged)))
    if now.mended is not None:
        lines.append(say("report.mended", span=how_long(now.mended), before=_span(before.mended)))
    return Safe("\n".join(lines))


def _turn(owner: Owner) -> str:
    """Whose turn, in a word that fits a chart."""
    return plainly(f"report.turn_{owner}")


def _span(span: timedelta | None) -> str:
    return "–" if span is None else how_long(span)


def _change(now: int, before: int) -> str:
    """How much more or less it is than the week before."""
    if now == before:
        return "±0"
    return f"+{now - before}" if now > before else f"−{before - now}"
