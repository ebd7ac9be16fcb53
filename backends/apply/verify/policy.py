"""A real policy request to gld, as Postfix makes it for each recipient."""

import socket

from backends.apply.machine.probe import received
from backends.apply.verify.advice import Advice
from backends.apply.verify.checks import Found
from backends.errors import NotAnswering
from backends.text import visible

CLIENT = "192.0.2.25"  # of a network for documentation (RFC 5737): no mail comes from there
SENDER = "mailtui-verify"
LONGEST = 4096
PATIENCE = 10.0  # s
DECIDED = ("action=defer_if_permit", "action=dunno")


def check_policy(port: int, domain: str, advice: Advice, timeout: float = PATIENCE) -> Found:
    """Ask about the same triplet each time, so that gld keeps one row for all verifications.

    gld that does not reach its database closes the connection without reading the request: with ERRACCEPT=0 at once,
    with ERRACCEPT=1 after letting the client in. A connection closed so is reset, which tells the two from a decision.

    :raises NotAnswering: nobody is there, or says nothing.
    """
    lost = f"{advice.start('mariadb')}; see what gld says: {advice.log('gld')}"
    try:
        answer, reset = _asked(port, domain, timeout)
    except TimeoutError as error:
        raise NotAnswering(f"gld says nothing within {timeout:g} s", hint=lost) from error
    except OSError as error:
        raise NotAnswering(f"gld: {error.strerror or error}", hint=advice.about("gld")) from error
    said = visible(" ".join(answer.decode("utf-8", "replace").split()))
    if reset and answer:
        return Found(
            good=False,
            evidence=f"{said}, without reading the request: gld does not reach its database, and lets all in",
            hint=f"{lost}; ERRACCEPT=0 in /etc/gld.conf has clients wait meanwhile",
        )
    if not answer:
        return Found(
            good=False,
            evidence=f"closed without an answer: gld {'does not reach' if reset else 'cannot use'} its database",
            hint=lost,
        )
    return Found(
        said.startswith(DECIDED),
        said,
        hint=f"{advice.log('gld')}; who has the port: ss -ltnp sport = :{port}",
    )


def _asked(port: int, domain: str, timeout: float) -> tuple[bytes, bool]:
    """The answer, and whether the connection was reset.

    :raises OSError: nobody is there, or says nothing.
    """
    request = (
        "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
        f"client_address={CLIENT}\nclient_name=unknown\nsender={SENDER}@{domain}\n"
        f"recipient=postmaster@{domain}\n\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as gld:
            gld.sendall(request.encode())
            return _until_reset(gld, timeout)
    except (ConnectionResetError, BrokenPipeError):
        return b"", True


def _until_reset(gld: socket.socket, timeout: float) -> tuple[bytes, bool]:
    answer = bytearray()

    def keep(got: bytes) -> bool:
        answer[:] = got
        return False

    try:
        return received(gld, LONGEST, timeout, keep), False
    except ConnectionResetError:
        return bytes(answer), True
