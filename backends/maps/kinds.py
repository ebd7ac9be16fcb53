"""The kinds of tables: what index they have, which package brings them, and how they are asked."""

INDEX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb"}
"""Tables that are built, and what their index is called behind the name of the source."""

PATTERNS = frozenset({"regexp", "pcre", "cidr"})
"""Tables that are read in order, the first match wins."""

WHOLE = PATTERNS | {"tcp", "socketmap"}
"""Tables that are asked for the whole key only, never for parts of it (DICT_FLAG_PATTERN)."""

KEYED = frozenset({*INDEX, "texthash"})
"""Tables of keys and values in a text file."""

WITHIN = frozenset({"inline", "static", "environ", "internal", "fail", "randmap"})
"""Tables that are all said in the configuration."""

SPELT = frozenset({"inline", "static", "randmap"})
"""Those of them whose values are in their names."""

JOINED = frozenset({"pipemap", "unionmap"})
"""Tables made of tables."""

REMOTE = frozenset(
    {
        "mysql",
        "pgsql",
        "sqlite",
        "ldap",
        "memcache",
        "mongodb",
        "socketmap",
        "tcp",
        "unix",
        "nis",
        "nisplus",
        "netinfo",
    }
)
"""Tables that others keep: they are asked, but cannot be read here."""

SETTINGS = frozenset({"mysql", "pgsql", "sqlite", "ldap", "memcache", "mongodb"})
"""Those of them that have a file that says where and how."""

NOT_TRUSTED = frozenset({"tcp", "memcache", "socketmap"})
"""Tables that local(8) and virtual(8) refuse for what may name commands, files and user IDs (DICT_FLAG_NO_UNAUTH)."""

PASSWORDS = frozenset({"smtp_sasl_password_maps", "lmtp_sasl_password_maps"})
"""Parameters whose tables hold passwords."""

HIDDEN = "(hidden)"
"""What stands where a value is not shown."""

KINDS = KEYED | PATTERNS | WITHIN | JOINED | REMOTE | {"dbm", "sdbm"}
PACKAGES = frozenset({"pcre", "lmdb", "cdb", "mysql", "pgsql", "sqlite", "ldap", "mongodb"})
"""Kinds that Debian has in packages called postfix-KIND."""


def inline(path: str) -> bool:
    """Whether the table is written in the configuration: `regexp:{{/x/ y}}`."""
    return path.startswith("{")
