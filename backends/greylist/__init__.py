"""gld's greylist: its database in MariaDB, its settings, and what it would decide."""
