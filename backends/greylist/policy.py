"""The running gld itself, asked over its policy port as Postfix asks it."""

import socket
import time
from typing import NamedTuple

from backends.errors import BadRequest, NotAnswering
from backends.text import visible

PATIENCE = 5.0  # s for the whole answer
MOMENT = 2.0  # s
LONGEST = 4096


def ask(port: int, client: str, sender: str, recipient: str) -> str:
    """gld's action, as `dunno`; an unknown triplet is stored by this.

    :raises BadRequest: a line end in a text.
    :raises NotAnswering: nobody is there, or gld cannot answer.
    """
    if any(char in text for text in (client, sender, recipient) for char in "\n\r\0"):
        raise BadRequest("A line end cannot be part of an address", hint="leave it out")
    request = (
        "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
        f"client_address={client}\nsender={sender}\nrecipient={recipient}\n\n"
    )
    answer, until = b"", time.monotonic() + PATIENCE
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as gld:
            gld.sendall(request.encode("utf-8", "surrogateescape"))
            while len(answer) < LONGEST:
                gld.settimeout(max(until - time.monotonic(), 0.001))
                if not (more := gld.recv(LONGEST)):
                    break
                answer += more
    except (ConnectionResetError, BrokenPipeError):
        pass
    except OSError as error:
        raise NotAnswering(
            f"gld does not answer on port {port}: {error.strerror or f'no whole answer in {PATIENCE:g} s'}",
            hint="systemctl status gld; mailtui greylist doctor",
        ) from error
    said = " ".join(answer.decode("utf-8", "replace").split())
    if not said.startswith("action="):
        raise NotAnswering(
            f"gld closed the connection without an answer{': ' + visible(said)[:100] if said else ''}",
            hint="it cannot use its database, and ERRACCEPT=0: mailtui greylist doctor",
        )
    return visible(said.removeprefix("action="))


class Heard(NamedTuple):
    """How gld took what it was asked: `unread` where it closed the connection without reading, `silent` where it did nothing.

    `error` is why it could not be asked; `seconds` how long it took.
    """

    said: str = ""
    seconds: float = 0.0
    unread: bool = False
    silent: bool = False
    error: str = ""

    @property
    def takes(self) -> bool:
        """Whether it took it, in time."""
        return not (self.silent or self.error)


def hear(port: int, patience: float = MOMENT) -> Heard:
    """Ask gld so that nothing is stored by it: that it does only for requests of Postfix's.

    It closes the connection then, or says `dunno` (ERRACCEPT=1); without its database it does so unread (seen with 1.7).
    """
    began, said = time.monotonic(), b""
    try:
        with socket.create_connection(("127.0.0.1", port), patience) as gld:
            gld.sendall(b"request=mailtui\n\n")
            gld.settimeout(max(0.1, began + patience - time.monotonic()))
            said = gld.recv(LONGEST)
    except TimeoutError:
        return Heard(seconds=time.monotonic() - began, silent=True)
    except (ConnectionResetError, BrokenPipeError):
        return Heard(seconds=time.monotonic() - began, unread=True)
    except OSError as error:
        return Heard(seconds=time.monotonic() - began, error=visible(error.strerror or str(error)))
    return Heard(visible(said.decode("utf-8", "replace"))[:100], time.monotonic() - began)


def listens(port: int) -> bool:
    """Whether somebody listens on the port, of any address of this machine; nobody is asked for it."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:  # noqa: PTH123 - read line by line
                for line in file:
                    words = line.split()
                    if len(words) > 3 and words[3] == "0A" and words[1].endswith(f":{port:04X}"):
                        return True
        except OSError:
            continue
    return False
