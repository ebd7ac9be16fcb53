"""A staged amavis configuration: all of it read by amavisd itself, which then ends."""

import re
from collections.abc import Mapping
from pathlib import Path

from backends.apply.check.staging import name_in, overlay
from backends.reference.render import perl_string
from backends.runner import Command, Runner

CONFIG = "/etc/amavis/conf.d"
PACKAGED = Path("/usr/share/amavis/conf.d")
"""Debian's own part, which amavisd reads first."""

_READ_BY_AMAVIS = re.compile("[A-Za-z0-9_-]+")  # run-parts(8)
_LEAD = 'Error in config file "[^"]*": '

# amavisd itself takes a file that ends in undef now and then: it looks at what errno was left at.
_RETURNS = """\
use strict;
my $returned = do {file};
die $@  if $@ ne '';
$returned or die {file} . " does not return a true value\\n";
1;
"""
_LAST = """\
use strict;
$myhostname =~ /[^.]\\.[^.]+\\.?\\z/s or lc($myhostname) eq 'localhost'
  or die "\\$myhostname is '$myhostname', amavis needs a name with a domain\\n";
print "all read\\n";
1;
"""


def check_amavis(
    runner: Runner, files: Mapping[str, bytes], folder: Path, *, live: Path = Path(CONFIG)
) -> list[str]:
    """Have amavisd read what the live folder will be with these files, and say what is wrong with it.

    With AMAVIS_TEST_CONFIG (`read_configs_and_exit` of Amavis.pm, what amavisd itself does before a reload) it reads
    the files as the same user, binds and writes nothing, and looks for no running amavis.
    """
    staged = overlay(files, folder / "conf.d", config=CONFIG, live=live)
    names = {name_in(CONFIG, path) for path in files}
    read = _read_by_amavis(PACKAGED)
    for path in _read_by_amavis(staged.root):
        read.append(_returning(path, folder) if path.name in names else path)
    last = folder / "last"
    last.write_text(_LAST)
    options = [option for path in (*read, last) for option in ("-c", str(path))]
    result = runner.run(Command(("env", "AMAVIS_TEST_CONFIG=1", "amavisd", *options, "test-config")))
    if result.code != 0:
        return staged.complaints(result, result.stdout + result.stderr, _LEAD)
    if b"all read\n" not in result.stdout:
        return ["amavis ends while it reads its configuration"]
    return []


def _read_by_amavis(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _READ_BY_AMAVIS.fullmatch(path.name))


def _returning(path: Path, folder: Path) -> Path:
    """A file that reads this one and wants it to return a true value."""
    reader = folder / f"{path.name}.read"
    reader.write_text(_RETURNS.format(file=perl_string(path)))
    return reader
