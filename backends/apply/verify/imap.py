"""Whether a mail reader can have an encrypted connection."""

import imaplib
import ssl
from contextlib import suppress

from backends.apply.verify.advice import Advice
from backends.apply.verify.checks import Found
from backends.errors import NotAnswering

PATIENCE = 10.0  # s for each step


def check_starttls(port: int, advice: Advice, timeout: float = PATIENCE) -> Found:
    """Go through STARTTLS, whoever signed the certificate.

    :raises NotAnswering: it did not come to an end.
    """
    hint = f"doveconf -n shows the certificate that is set; {advice.log('dovecot')}"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        imap = imaplib.IMAP4("127.0.0.1", port, timeout)
        try:
            imap.starttls(context)
            version = imap.sock.version() if isinstance(imap.sock, ssl.SSLSocket) else None
            return Found(
                version is not None, f"{version or 'no TLS'}; {' '.join(map(str, imap.capabilities))}", hint
            )
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                imap.shutdown()
    except (OSError, imaplib.IMAP4.error, imaplib.IMAP4.abort) as error:
        raise NotAnswering(f"STARTTLS failed: {error}", hint=hint) from error
