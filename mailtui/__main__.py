"""The program `mailtui`."""

import sys


def main() -> int:
    """Run with the words of the command line; gives the exit code."""
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]) and sys.stdout is not None:
        from mailtui import __version__  # noqa: PLC0415 - the package itself, and nothing else

        sys.stdout.write(f"mailtui {__version__}\n")
        return 0
    try:
        from mailtui.cli.main import program  # noqa: PLC0415 - all the rest
    except KeyboardInterrupt:
        return 130
    return program(words)


if __name__ == "__main__":
    sys.exit(main())
