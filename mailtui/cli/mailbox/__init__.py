"""`mailtui mailbox`: mailboxes of the mbox format taken over into Maildirs."""
