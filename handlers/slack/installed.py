"""What Slack says of the installed app, for the doctor."""

from collections.abc import Callable, Collection

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.doctor.slack import Installation, Place, SlackSays
from handlers.slack.private import UNANSWERED
from handlers.slack.refusals import said


class InstalledApp:
    """Asks the Web API; see `bot.doctor.slack.Slack`. `app_token` is that of Socket Mode."""

    def __init__(self, client: WebClient, app_token: str = "") -> None:
        self._client = client
        self._app_token = app_token

    def installation(self) -> Installation:
        """Where the app is installed, and its scopes, which stand in a header of each answer."""
        answer = _asked(self._client.auth_test)
        headers = {name.lower(): str(value) for name, value in answer.headers.items()}
        granted = headers.get("x-oauth-scopes", "").split(",")
        scopes = frozenset(scope.strip() for scope in granted if scope.strip())
        return Installation(str(answer["team_id"]), str(answer.get("team") or ""), scopes)

    def socket(self) -> None:
        """Ask for an address to connect to, and leave it alone."""
        _asked(lambda: self._client.apps_connections_open(app_token=self._app_token))

    def place(self, channel_id: str) -> Place:
        """A channel."""
        facts = _asked(lambda: self._client.conversations_info(channel=channel_id))["channel"]
        return Place(
            name=str(facts.get("name") or channel_id),
            joined=bool(facts.get("is_member")),
            archived=bool(facts.get("is_archived")),
            shared=bool(facts.get("is_ext_shared")),
        )

    def group(self, group_id: str) -> Collection[str]:
        """Who is in a user group."""
        answer = _asked(lambda: self._client.usergroups_users_list(usergroup=group_id))
        return [str(user) for user in answer["users"]]

    def person(self, user: str) -> Collection[str]:
        """The workspaces, and the organisation on Enterprise Grid, that a person is in."""
        facts = _asked(lambda: self._client.users_info(user=user))["user"]
        grid = facts.get("enterprise_user") or {}
        found = (facts.get("team_id"), grid.get("enterprise_id"), *(grid.get("teams") or ()))
        return [str(team) for team in found if team]


def _asked(question: Callable[[], SlackResponse]) -> SlackResponse:
    try:
        return question()
    except UNANSWERED as error:
        raise SlackSays(said(error)) from None
