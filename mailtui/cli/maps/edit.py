"""`mailtui maps edit`: a table's source in an editor, on a copy."""

from argparse import ArgumentParser
from pathlib import Path

from mailtui.cli.acting import add_acting
from mailtui.cli.maps.report import carry_out
from mailtui.cli.session import Session
from mailtui.editing import Draft, read_source

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
    add_acting(parser)


def run(session: Session) -> int:
    options, maps = session.options, session.host.maps
    if not options.dry_run:
        session.must_change()
    if options.file:
        return carry_out(session, maps.plan_edit(options.name, read_source(Path(options.file))))
    before = maps.content(options.name)
    draft = Draft(options.name.rpartition(":")[2], before)
    try:
        draft.edit()
        code = carry_out(session, maps.plan_edit(options.name, draft.content()))
    except (Exception, KeyboardInterrupt):
        if draft.changed:
            session.out.note(f"mailtui: what you wrote is in {draft.path}")
        else:
            draft.remove()
        raise
    draft.remove()
    return code
