"""`mailtui maps edit`: a table's source in an editor, on a copy."""

from argparse import ArgumentParser
from pathlib import Path

from mailtui.cli.confirm import must_be, typed
from mailtui.cli.maps.report import carry_out
from mailtui.cli.session import Session
from mailtui.editing import Draft, read_source
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
        return _take(session, read_source(Path(options.file)))
    before = session.host.maps.content(options.name)
    draft = Draft(options.name.rpartition(":")[2], before)
    try:
        draft.edit()
        code = _take(session, draft.content())
    except (Exception, KeyboardInterrupt):
        if draft.changed:
            session.out.note(f"mailtui: what you wrote is in {draft.path}")
        else:
            draft.remove()
        raise
    draft.remove()
    return code


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
