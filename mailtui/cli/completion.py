"""`mailtui completion`: a script that completes commands and options in a shell."""

from argparse import ArgumentParser

from mailtui.cli.session import Session

DESCRIPTION = """
Print the completion script for a shell.
"""
EXAMPLES = """
EXAMPLES

  mailtui completion bash > /usr/share/bash-completion/completions/mailtui
  mailtui completion zsh > /usr/local/share/zsh/site-functions/_mailtui
  mailtui completion tcsh >> ~/.tcshrc
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def run(session: Session) -> int:
    import shtab  # noqa: PLC0415 - only for this

    from mailtui.cli.parser import build  # noqa: PLC0415

    for line in shtab.complete(build(), session.options.shell).splitlines():
        session.out.line(line)
    return 0
