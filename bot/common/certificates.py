"""Who signed the certificate that a server showed and that was not trusted: where something looks
into TLS on the way, this is its maker."""

import ssl
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

CERTIFICATE_MESSAGE = 11
"""The handshake message that carries a server's certificates (RFC 8446, 4)."""

SEQUENCE = b"\x30\x82"
"""How a certificate of more than 255 bytes begins in DER: they all are longer."""


class NamingContext(ssl.SSLContext):
    """A client's TLS context that, where it refuses a certificate, says who signed it."""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """The handshake.

        Raises:
            ssl.SSLCertVerificationError: not trusted; its text names who signed the certificate.
        """
        shown: list[bytes] = []

        def hear(*message: Any) -> None:
            if message[-2] == CERTIFICATE_MESSAGE:
                shown.append(message[-1])

        # Python keeps no certificate of a handshake that failed, and says so nowhere else
        self._msg_callback = hear
        try:
            return super().wrap_socket(*args, **kwargs)
        except ssl.SSLCertVerificationError as error:
            signers = [name for message in shown for name in _signer(message)]
            if signers:
                error.strerror = f"{error.strerror}; signed by {', '.join(signers)}"
            raise


def _signer(message: bytes) -> Iterator[str]:
    """The names of whoever signed the first certificate of a message."""
    begin = message.find(SEQUENCE)
    length = int.from_bytes(message[begin + 2 : begin + 4], "big")
    try:
        issuer = x509.load_der_x509_certificate(message[begin : begin + 4 + length]).issuer
    except ValueError:
        return
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for part in issuer.get_attributes_for_oid(kind):
            yield str(part.value)
