"""Files that people upload: what Slack tells of them, and who is given what is in them."""

import mimetypes
import re
import secrets
import time
from pathlib import PurePath

from sandbox.slack.office import Json, Office, StoredFile

FILETYPES = {
    "txt": "text",
    "jpeg": "jpg",
    "htm": "html",
    "md": "markdown",
    "yml": "yaml",
    "": "binary",
}
"""Where Slack's name for a type is not the extension."""
MIMETYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Files:
    """Takes files in and shows them to the app."""

    def __init__(self, office: Office, url: str) -> None:
        self._office = office
        self._url = url

    def add(self, user: str, name: str, content: bytes) -> StoredFile:
        """Somebody uploads a file."""
        id, team = "F0" + secrets.token_hex(5).upper(), self._office.members[user].team_id
        file = StoredFile(id, PurePath(name).name or "file", user, team, content, int(time.time()))
        with self._office.changing():
            self._office.files[id] = file
        return file

    def of(self, user: str, ids: list[str]) -> list[StoredFile]:
        """The files by their ids, as far as they are this person's own."""
        found = [self._office.files[id] for id in ids if id in self._office.files]
        return [file for file in found if file.user == user]

    def in_payload(self, file: StoredFile) -> Json:
        """A file as a payload carries it: in full, or (of another workspace) as a hint to ask
        `files.info`."""
        if file.team_id == self._office.team_id or self._office.connect_files_in_full:
            return file_object(file, self._url)
        hint: Json = {"id": file.id, "created": 0, "timestamp": 0, "user": ""}
        return hint | {"mode": "file_access", "file_access": "check_file_info"}

    def content(self, place: str, authorization: str) -> StoredFile | None:
        """The file at the address part ``T…-F…`` for the app's own token with `files:read`; nothing
        for anybody else.

        Raises:
            KeyError: there is no such file.
        """
        if (
            authorization != f"Bearer {self._office.bot_token}"
            or "files:read" not in self._office.scopes
        ):
            return None
        team, _, id = place.partition("-")
        file = self._office.files[id]
        if file.team_id != team:
            raise KeyError(place)
        return file


def extension(name: str) -> str:
    """A file name's extension in lower case, without its dot."""
    return PurePath(name).suffix.lower().removeprefix(".")


def mimetype(name: str) -> str:
    """What kind of data a file of this name holds."""
    return (
        MIMETYPES.get(extension(name))
        or mimetypes.guess_type(name)[0]
        or "application/octet-stream"
    )


def file_object(file: StoredFile, url: str) -> Json:
    """Everything that Slack tells of a file; its addresses need the app's token."""
    ending = extension(file.name)
    spoken = re.sub(r"[^a-z0-9._-]", "_", file.name.lower())
    private = f"{url}/files-pri/{file.team_id}-{file.id}"
    facts: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
    }
    facts |= {
        "title": file.name,
        "mimetype": mimetype(file.name),
        "filetype": FILETYPES.get(ending, ending),
    }
    facts |= {
        "user": file.user,
        "user_team": file.team_id,
        "size": len(file.content),
        "mode": "hosted",
    }
    facts |= {"editable": False, "is_external": False, "is_public": False, "file_access": "visible"}
    return facts | {
        "url_private": f"{private}/{spoken}",
        "url_private_download": f"{private}/download/{spoken}",
    }
