"""Fetching a file that somebody uploaded in Slack."""

from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.common.ways_out import WaysOut
from bot.legacy.decoding import LARGEST_FILE, NotAList
from handlers.slack.clients import NO_DETOUR

log = structlog.get_logger(__name__)

FILE_HOSTS = frozenset({"files.slack.com", "files.slack-gov.com"})
"""Where Slack keeps files; the bot's token is sent to no other host, save the one that serves its
Web API."""

TIMEOUT_SECONDS = 15
CHUNK = 64 * 1024


def fetch(client: WebClient, file_id: str, ways: WaysOut = NO_DETOUR) -> bytes:
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
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    try:
        return _download(client, url, ways)
    except (requests.RequestException, OSError) as error:
        log.warning("file.unreachable", error=type(error).__name__)
        raise NotAList("old.file_unreachable") from None


def _download(client: WebClient, url: str, ways: WaysOut) -> bytes:
    # As it will be asked for: a backslash is read in two ways, and the two must not differ here.
    url = str(requests.Request("GET", url).prepare().url)
    if not _may_have_the_token(url, client.base_url):
        raise NotAList("old.file_unreachable")
    session = requests.Session()
    ways.prepare(session, ways.trust())
    token = {"Authorization": f"Bearer {client.token}"}
    with session.get(
        url, headers=token, timeout=TIMEOUT_SECONDS, stream=True, allow_redirects=False
    ) as answer:
        if answer.status_code != 200:  # without the right scope Slack leads to its sign-in page
            log.warning("file.refused", status=answer.status_code)
            raise NotAList("old.file_unreachable")
        return _limited(answer)


def _may_have_the_token(url: str, web_api: str) -> bool:
    """Whether `url` is at one of Slack's hosts for files, or where the Web API is."""
    parts = urlsplit(url)
    own = urlsplit(web_api)
    if parts.scheme == "https" and parts.hostname in FILE_HOSTS:
        return True
    return (parts.scheme, parts.netloc) == (own.scheme, own.netloc)


def _limited(answer: requests.Response) -> bytes:
    content = b""
    for chunk in answer.iter_content(CHUNK):
        content += chunk
        if len(content) > LARGEST_FILE:
            raise NotAList("old.file_too_large")
    return content
