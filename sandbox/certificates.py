"""A certificate authority made at start, so that the stand-ins speak real TLS."""

import ssl
from pathlib import Path

import trustme


class Certificates:
    """One throw-away authority and one certificate for this machine's loopback names."""

    def __init__(self, folder: Path) -> None:
        """Make the authority and write its certificate to `folder`/ca.pem for clients to trust."""
        authority = trustme.CA()
        self._certificate = authority.issue_cert("localhost", "127.0.0.1", "::1")
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))

    def server_context(self) -> ssl.SSLContext:
        """A server-side TLS context (1.2 and newer) with the loopback certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._certificate.configure_cert(context)
        return context
