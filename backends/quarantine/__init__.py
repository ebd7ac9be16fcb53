"""Amavis's quarantine: a folder of messages that were not to be delivered, and what is kept of it for how long."""
