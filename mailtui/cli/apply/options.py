"""The options of `mailtui --apply`, and what of them is a setting of the site."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from backends.site.file import Setting
from mailtui.cli.parser import age

LONGEST_WAIT = 30 * 86400.0  # s
DESCRIPTION = """
Bring this machine to the bundled reference configuration: Postfix, gld with its database, amavisd-new, ClamAV,
SpamAssassin, maildrop and Dovecot on Debian 12 or 13. What is missing is installed; what is to be is checked by the
programs themselves before it is in its place; what does not pass a test with real mail is taken back.

What you changed by hand stays: main.cf and master.cf are changed by parameter, other files are merged with what was
applied last. Where both sides changed the same, nothing is done until --take says which side wins.

A second run changes nothing and restarts nothing.
"""
EXAMPLES = """
EXAMPLES

  mailtui --apply --domain example.org --hostname mail.example.org --postmaster alice --yes
  mailtui --apply --site mx1.toml --yes   all of the site in a file of yours
  mailtui --apply --check --diff          what would change; exit code 4 if anything would
  mailtui --apply --filter post-queue     filter behind the queue from now on
  mailtui --apply --confirm-within 10m    taken back by itself unless `mailtui confirm` is given
  mailtui --apply --verify-only           test with real mail, change nothing
  mailtui --apply --explain               what differs from the page the reference was made of, and why
  mailtui history; mailtui rollback       checkpoints, and back to one

THE SITE FILE

  Options that describe the site are written to /etc/mailtui/site.toml, which has more settings:

  domain = "example.org"                  networks = ["192.168.100.0/23"]
  hostname = "mail.example.org"           public_ips = ["203.0.113.177"]
  postmaster = "alice"                    filter = "pre-queue"

  [postfix.main]                          # parameters that win over the reference's
  message_size_limit = "50000000"

  [postfix]                               [greylist]
  dns_lists = ["zen.spamhaus.org"]        host = "db.example.org"

  [amavis]                                [tls]
  max_servers = 10                        certificate = "/etc/ssl/certs/mail.pem"
                                          key = "/etc/ssl/private/mail.key"
  [clamav]
  custom_urls = ["https://urlhaus.abuse.ch/downloads/urlhaus.ndb"]
"""


def configure(parser: ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    ways = parser.add_argument_group("what to do").add_mutually_exclusive_group()
    ways.add_argument("--check", action="store_true", help="change nothing; exit code 4 if something would")
    ways.add_argument("--verify-only", action="store_true", help="only test the machine, with real mail")
    ways.add_argument("--explain", action="store_true", help="print what differs from the page, and why")
    how = parser.add_argument_group("how")
    how.add_argument("--diff", action="store_true", help="show what changes in each file")
    how.add_argument("--yes", action="store_true", help="do not ask")
    how.add_argument(
        "--take", choices=("reference", "mine"), help="which side wins where both changed the same"
    )
    how.add_argument("--keep", action="store_true", help="leave what does not pass the test")
    how.add_argument(
        "--confirm-within",
        type=_within,
        metavar="TIME",
        help="take it back unless `mailtui confirm` is given",
    )
    site = parser.add_argument_group("the site, written to /etc/mailtui/site.toml")
    site.add_argument("--site", metavar="FILE", type=Path, help="a site file to put in the place of that one")
    site.add_argument("--domain", metavar="NAME", help="the mail domain, such as example.org")
    site.add_argument("--hostname", metavar="NAME", help="this host's name with its domain")
    site.add_argument("--network", metavar="NET", action="append", help="an own network (may be repeated)")
    site.add_argument(
        "--public-ip", metavar="ADDRESS", action="append", help="a public address in front of it (repeated)"
    )
    site.add_argument(
        "--postmaster", metavar="USER", help="the user who gets the postmaster's and root's mail"
    )
    site.add_argument("--filter", choices=("pre-queue", "post-queue"), help="where amavis filters")
    site.add_argument("--filter-scope", choices=("all", "outgoing"), help="behind the queue: which mail")
    site.add_argument(
        "--test-signature",
        action="store_true",
        default=None,
        help="let clamd run with EICAR's signature alone until there are official ones",
    )


def _within(text: str) -> float:
    seconds = age(text)
    if not 1 <= seconds <= LONGEST_WAIT:
        raise ArgumentTypeError("from one second to 30 days")
    return seconds


def settings_of(options: Namespace) -> dict[str, Setting]:
    """What was said of the site, by the keys of its file."""
    given: dict[str, Setting | None] = {
        "domain": options.domain,
        "hostname": options.hostname,
        "networks": tuple(options.network) if options.network else None,
        "public_ips": tuple(options.public_ip) if options.public_ip else None,
        "postmaster": options.postmaster,
        "filter": options.filter,
        "filter_scope": options.filter_scope,
        "clamav.test_signature": options.test_signature,
    }
    return {key: value for key, value in given.items() if value is not None}
