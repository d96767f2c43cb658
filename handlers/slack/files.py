"""Fetching a file that somebody uploaded in Slack."""

from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.legacy.importing import LARGEST_FILE, NotAList

log = structlog.get_logger(__name__)

FILE_HOSTS = frozenset({"files.slack.com", "files.slack-gov.com"})
"""Where Slack keeps files; the bot's token is sent to no other host, save the one that serves its
Web API."""

TIMEOUT_SECONDS = 15
CHUNK = 64 * 1024


def fetch(client: WebClient, file_id: str) -> bytes:
    """The content of a file. What a form carries of a file of another workspace is its id alone, so
    Slack is asked for the rest (`files.info`). Takes seconds.

    Raises:
        NotAList: it cannot be had, or is too large.
    """
    try:
        file: dict[str, Any] = client.files_info(file=file_id)["file"]
    except (SlackClientError, OSError) as error:
        log.warning("file.unknown", error=type(error).__name__)
        raise NotAList("old.file_unreachable") from None
    if int(file.get("size") or 0) > LARGEST_FILE:
        raise NotAList("old.file_too_large")
    try:
        return _download(
            client, str(file.get("url_private_download") or file.get("url_private") or "")
        )
    except (requests.RequestException, OSError) as error:
        log.warning("file.unreachable", error=type(error).__name__)
        raise NotAList("old.file_unreachable") from None


def _download(client: WebClient, url: str) -> bytes:
    url = str(
        requests.Request("GET", url).prepare().url
    )  # as it will be asked for: a backslash is read in two ways
    parts, own = urlsplit(url), urlsplit(client.base_url)
    of_slack = parts.scheme == "https" and parts.hostname in FILE_HOSTS
    if not of_slack and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        raise NotAList("old.file_unreachable")
    session = requests.Session()
    session.trust_env = (
        False  # a .netrc of this machine must not put other credentials in the place of the token
    )
    token = {"Authorization": f"Bearer {client.token}"}
    with session.get(
        url, headers=token, timeout=TIMEOUT_SECONDS, stream=True, allow_redirects=False
    ) as answer:
        if answer.status_code != 200:  # without the right scope Slack leads to its sign-in page
            log.warning("file.refused", status=answer.status_code)
            raise NotAList("old.file_unreachable")
        return _limited(answer)


def _limited(answer: requests.Response) -> bytes:
    content = b""
    for chunk in answer.iter_content(CHUNK):
        content += chunk
        if len(content) > LARGEST_FILE:
            raise NotAList("old.file_too_large")
    return content
