"""`mailtui completion`: a script that completes commands and options in a shell."""

from argparse import ArgumentParser, _SubParsersAction

from mailtui.cli.session import Session

DESCRIPTION = """
Print the completion script for a shell.
"""
EXAMPLES = """
EXAMPLES

  mailtui completion bash > /usr/share/bash-completion/completions/mailtui
  mailtui completion zsh > /usr/local/share/zsh/site-functions/_mailtui
  mailtui completion fish > /usr/share/fish/vendor_completions.d/mailtui.fish
  mailtui completion tcsh >> ~/.tcshrc
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"))


def run(session: Session) -> int:
    import shtab  # noqa: PLC0415 - only for this

    from mailtui.cli.parser import build  # noqa: PLC0415

    parser = build()
    _in_a_line(parser)
    for line in shtab.complete(parser, session.options.shell).splitlines():
        session.out.line(line)
    return 0


def _in_a_line(parser: ArgumentParser) -> None:
    """Let shells show beside a command what the help says of it in a line, not its whole description."""
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for row in action._get_subactions():
                action.choices[row.dest].description = row.help
                _in_a_line(action.choices[row.dest])
