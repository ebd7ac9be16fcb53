"""A staged SpamAssassin configuration: its own lint, without network and without a user's preferences."""

from collections.abc import Mapping
from pathlib import Path

from backends.apply.check.staging import overlay
from backends.runner import Command, Runner

CONFIG = "/etc/spamassassin"

# As `spamassassin --lint` (the paths are those of Debian's), which would make a folder in the home of who runs it.
_LINT = """\
use strict;
use warnings;
use Mail::SpamAssassin;
my ($site, $home) = map { Mail::SpamAssassin::Util::untaint_file_path($_) } @ARGV;
my $tester = Mail::SpamAssassin->new({
  site_rules_filename => $site, userprefs_filename => '/dev/null', dont_copy_prefs => 1,
  home_dir_for_helpers => $home, userstate_dir => "$home/.spamassassin",
  local_tests_only => 1, require_rules => 1,
  PREFIX => '/usr', DEF_RULES_DIR => '/usr/share/spamassassin',
  LOCAL_RULES_DIR => '/etc/spamassassin', LOCAL_STATE_DIR => '/var/lib/spamassassin',
});
exit($tester->lint_rules ? 1 : 0);
"""


def check_spamassassin(
    runner: Runner, files: Mapping[str, bytes], folder: Path, *, live: Path = Path(CONFIG)
) -> list[str]:
    """Lint what the live folder will be with these files, and say what is wrong with it."""
    staged = overlay(files, folder / "site", config=CONFIG, live=live)
    lint, home = folder / "lint", folder / "home"
    lint.write_text(_LINT)
    home.mkdir()
    result = runner.run(Command(("perl", "-T", str(lint), str(staged.root), str(home)), timeout=60))
    return [] if result.code == 0 else staged.complaints(result, result.stderr, "config: ")
