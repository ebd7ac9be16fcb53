"""A process that asks gld about somebody new all the while, as Postfix does, and tells how long each answer took."""

import os
import select
import socket
import sys
import time

PAUSE = 0.02  # s


def main() -> None:
    """Ask at the port that is named until standard input ends; print seconds, one answer a line."""
    port, number = int(sys.argv[1]), 0
    taken: list[float] = []
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        number += 1
        client = f"{192 + number % 20}.{number % 256}.{number // 256 % 256}.{os.getpid() % 256}"
        request = (
            f"request=smtpd_access_policy\nclient_address={client}\n"
            f"sender=new{number}@example.org\nrecipient=bob@example.test\n\n"
        )
        began = time.perf_counter()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as gld:
                gld.sendall(request.encode())
                while gld.recv(4096):
                    pass
        except OSError:
            pass  # how long it took counts all the same
        taken.append(time.perf_counter() - began)
    print("\n".join(map(str, taken)))


if __name__ == "__main__":
    main()
