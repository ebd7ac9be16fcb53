"""The certificates that Postfix and Dovecot use: until when they are good, and whether Dovecot serves the one in its file."""

import socket
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from backends.errors import BackendError, Failed
from backends.files import read_bounded
from backends.health.facts import Certificate, Setup
from backends.health.gather.setup import values
from backends.runner import Command, Runner
from backends.text import visible

LIMIT = 1 << 20
SERVED = 0.6  # s
_DATE = "%b %d %H:%M:%S %Y GMT"


def of_postfix(setup: Setup) -> Iterator[str]:
    """The files that Postfix reads its certificates from."""
    for value in values(setup, "smtpd_tls_cert_file", "smtpd_tls_chain_files"):
        for name in value.replace(",", " ").split():
            if name.startswith("/"):
                yield name


def of_dovecot(settings: Mapping[str, str]) -> Iterator[str]:
    """Dovecot's file: of release 2.3 behind a `<`, of 2.4 within `ssl_server`."""
    for name in ("ssl_cert", "ssl_server_cert_file", "cert_file"):
        if settings.get("ssl", "") != "no" and (path := settings.get(name, "").lstrip("<").strip()):
            yield path


def certificates(
    runner: Runner, postfix: list[str], dovecot: list[str], port: int | None
) -> tuple[Certificate, ...]:
    """Each file once; with a `port`, what Dovecot shows there is compared."""
    served = _served(port) if port is not None and dovecot else None
    found = []
    for path in dict.fromkeys((*postfix, *dovecot)):
        users = tuple(name for name, paths in (("postfix", postfix), ("dovecot", dovecot)) if path in paths)
        found.append(_certificate(runner, path, users, served if path in dovecot else None))
    return tuple(found)


def _certificate(runner: Runner, path: str, users: tuple[str, ...], served: bytes | None) -> Certificate:
    shown = visible(path)
    try:
        real = Path(path).resolve()
        content = read_bounded(real, LIMIT)
        said = runner.run(
            Command(
                ("openssl", "x509", "-noout", "-enddate", "-fingerprint", "-sha256"),
                stdin=content,
                timeout=1.5,
            )
        )
        if said.code != 0:
            raise Failed("it holds no certificate", hint=f"see: openssl x509 -in {shown} -text")
        expires, fingerprint = parse(said.stdout.decode("ascii", "replace"))
    except (BackendError, OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        return Certificate(shown, users, error=visible(why or "it cannot be read"))
    same = None if served is None else sha256(served).hexdigest() == fingerprint
    return Certificate(shown, users, expires, served=same)


def parse(said: str) -> tuple[float, str]:
    """When it ends (epoch seconds), and its SHA-256 in hexadecimal digits. Pure.

    :raises Failed: that was not told.
    """
    told = dict(line.partition("=")[::2] for line in said.splitlines())
    fingerprint = next((value for name, value in told.items() if name.lower().startswith("sha256")), "")
    try:
        ends = time.strptime(told.get("notAfter", ""), _DATE)
    except ValueError as error:
        raise Failed("openssl does not tell when it ends", hint="see: openssl x509 -enddate") from error
    from calendar import timegm  # noqa: PLC0415 - for certificates only

    return float(timegm(ends)), fingerprint.replace(":", "").lower()


def _served(port: int) -> bytes | None:
    """The certificate that is shown at a port, in DER; None: none is."""
    import ssl  # noqa: PLC0415 - 20 ms that only TLS needs

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), SERVED) as plain,
            context.wrap_socket(plain) as connection,
        ):
            return connection.getpeercert(binary_form=True)
    except OSError:
        return None
