"""The program `mailtui`."""

import sys


def main() -> int:
    """Run with the words of the command line; gives the exit code."""
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]) and _version_printed():
        return 0
    try:
        from mailtui.cli.main import program  # noqa: PLC0415 - `--version` does without
    except KeyboardInterrupt:
        return 130
    return program(words)


def _version_printed() -> bool:
    """Print the version, importing nothing; whether that worked (if not, the slow way says why)."""
    from mailtui import __version__  # noqa: PLC0415 - the package, which is loaded already

    if sys.stdout is None:
        return False
    try:
        sys.stdout.write(f"mailtui {__version__}\n")
        sys.stdout.flush()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
