"""A newcomer's first steps on each release, without a network: `make install` and `make run`."""

from mailtui import __version__
from tests.lab.install import make
from tests.lab.machine import Machine


def test_installs_with_a_command_on_the_path(installed: Machine) -> None:
    installed.run(["/opt/mailtui/bin/python", "-c", "import backends, mailtui"])
    assert installed.run(["mailtui", "--version"]).stdout.split()[-1] == __version__


def test_installs_the_manual_page_where_man_looks(installed: Machine) -> None:
    page = installed.run(["cat", "/usr/local/share/man/man1/mailtui.1"]).stdout
    assert ".SH COMMANDS" in page


def test_the_installed_program_does_not_need_the_checkout(installed: Machine) -> None:
    where = installed.run(["/opt/mailtui/bin/python", "-c", "import mailtui; print(mailtui.__file__)"]).stdout
    assert where.startswith("/opt/mailtui/lib/")


def test_installing_again_replaces_it(installed: Machine) -> None:
    make(installed, "install")
    assert installed.run(["mailtui", "--version"]).stdout.split()[-1] == __version__


def test_refuses_a_folder_that_holds_something_else(installed: Machine) -> None:
    refused = make(installed, "install", "PREFIX=/etc", check=False)
    assert refused.returncode != 0
    assert "/etc holds something else" in refused.stderr


def test_make_run_prints_the_overview_without_a_terminal(installed: Machine) -> None:
    assert make(installed, "run").stdout.strip()
