"""`mailtui maps edit`: a table's source in an editor, on a copy."""

import os
import shlex
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from backends.errors import BadRequest, Failed, Refused
from backends.files import read_bounded
from backends.runner import at_terminal
from mailtui.cli.confirm import must_be, typed
from mailtui.cli.maps.report import carry_out
from mailtui.cli.session import Session
from mailtui.maps_text import change_lines

DESCRIPTION = """
Open a copy of a table's source in $VISUAL, $EDITOR, or editor. What comes of it is shown as a diff, and after `yes` checked
and put in its place as `mailtui maps set` does; `mailtui maps undo` takes it back. What is refused stays in the copy,
whose name is told. `--from FILE` takes the new source from a file instead.
"""
EXAMPLES = """
EXAMPLES

  mailtui maps edit transport
  mailtui maps edit helo_access --from new_helo_access --dry-run
"""
LIMIT = 64 << 20


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("name", metavar="MAP", help="a table: its name, path, or the last part of that")
    parser.add_argument("--from", metavar="FILE", dest="file", help="the new source")
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(session: Session) -> int:
    options = session.options
    if not options.dry_run:
        session.must_change()
    if options.file:
        return _take(session, _read(Path(options.file)))
    before = session.host.maps.content(options.name)
    folder = Path(tempfile.mkdtemp(prefix="mailtui-edit-"))
    copy = folder / Path(options.name.rpartition(":")[2]).name
    copy.write_bytes(before)
    try:
        code = _take(session, _edited(copy, before))
    except (Exception, KeyboardInterrupt):
        if copy.exists() and copy.read_bytes() != before:
            session.out.note(f"mailtui: what you wrote is in {copy}")
        else:
            _remove(folder)
        raise
    _remove(folder)
    return code


def _edited(copy: Path, before: bytes) -> bytes:
    """
    :raises Failed: the editor did not end well.
    """
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "editor")
    if not words:
        raise BadRequest("EDITOR is empty", hint="name an editor in it")
    code = at_terminal((*words, str(copy)))
    if code != 0:
        raise Failed(
            f"{words[0]} ended with exit code {code}: nothing was done",
            hint="try it again, or name another in EDITOR",
        )
    return _read(copy)


def _take(session: Session, after: bytes) -> int:
    """
    :raises Refused: it was not confirmed.
    """
    options = session.options
    change = session.host.maps.plan_edit(options.name, after)
    asked = not (options.dry_run or options.yes or change.empty)
    if asked:
        for line in change_lines(change):
            session.out.note(line)
        answer = typed(session, f"Change {change.table.path}? Type yes: ", stdin_taken=False)
        must_be(answer, confirmed=answer is not None and answer.lower() == "yes")
    return carry_out(session, change, shown=asked)


def _read(path: Path) -> bytes:
    try:
        return read_bounded(path, LIMIT)
    except OSError as error:
        raise Refused(
            f"{path} cannot be read: {error.strerror}", hint="name a file with the new source"
        ) from error


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
