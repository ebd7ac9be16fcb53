"""Mailboxes of the mbox format taken over into Maildirs. The mbox is only read; a second run adds nothing.

What a message is known by is a digest of it, which stands in its file's name: so a run that was broken off goes on
where it ended, and what a reader has flagged since is still the same message.
"""
