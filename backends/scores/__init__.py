"""Spam scores: what amavis found in each message, from its log, its quarantine and the mailboxes."""
