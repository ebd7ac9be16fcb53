"""Python run as a user without rights, on a machine made to look as a test needs it.

Its own mount namespace puts a private Postfix's configuration in place of /etc/postfix, and with `sudoers` users
and sudo rules of the test's own in place of the machine's. Nothing of it is seen outside.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.postfix import PrivatePostfix

NOBODY = 65534
MEMBER, OUTSIDER = 64001, 64002
"""User IDs that exist with `sudoers`: the first is in the group mailtui."""

MOUNT = """\
mount --bind "$1" /etc/postfix
for file in passwd group shadow sudoers; do
    [ ! -e "$2/$file" ] || mount --bind "$2/$file" "/etc/$file"
done
shift 2
exec "$@"
"""

# All that is imported later is imported before rights are dropped: the interpreter may lie where only root can look.
DROP = """\
import json, os, sys
import concurrent.futures.thread, sh, backends.mail.mime, backends.queue.trash.trash
from backends.errors import BackendError
from backends.queue.adapter import PostfixQueue
from backends.queue.plan import Target
from backends.runner import LocalRunner

user = int(sys.argv[1])
os.setgroups(json.loads(sys.argv[2]))
os.setresgid(user, user, user)
os.setresuid(user, user, user)
queue = PostfixQueue(LocalRunner())
found = {}

def told(name, ask):
    try:
        found[name] = ask()
    except BackendError as error:
        found[name] = [type(error).__name__, str(error), error.hint]

"""


def as_user(
    postfix: PrivatePostfix, code: str, *arguments: str, user: int = NOBODY, sudoers: str = ""
) -> dict[str, Any]:
    """Run `code` as that user; it has a `queue`, and notes in `found` what it finds, with `told(NAME, FUNCTION)`.

    The arguments are `sys.argv[3:]`.
    """
    with tempfile.TemporaryDirectory() as folder:
        groups = [MEMBER + 10] if sudoers and user == MEMBER else []
        if sudoers:
            _write_accounts(Path(folder), sudoers)
        program = f"{DROP}\n{code}\nprint(json.dumps(found))\n"
        argv = [sys.executable, "-c", program, str(user), json.dumps(groups), *arguments]
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-ec", MOUNT, "sh", postfix.config_dir, folder, *argv],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _write_accounts(folder: Path, sudoers: str) -> None:
    users = {"member": MEMBER, "outsider": OUTSIDER}
    additions = {
        "passwd": "".join(f"{name}:x:{number}:{number}::/:/bin/sh\n" for name, number in users.items()),
        "shadow": "".join(f"{name}:*:19000:0:99999:7:::\n" for name in users),
        "group": "".join(f"{name}:x:{number}:\n" for name, number in users.items())
        + f"mailtui:x:{MEMBER + 10}:member\n",
    }
    for name, lines in additions.items():
        (folder / name).write_text((Path("/etc") / name).read_text() + lines)
    (folder / "sudoers").write_text(
        f"Defaults env_reset, secure_path=/usr/sbin:/usr/bin:/sbin:/bin\nroot ALL=(ALL:ALL) ALL\n{sudoers}"
    )
    (folder / "sudoers").chmod(0o440)
