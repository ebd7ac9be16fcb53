"""A mail server that is not there: a seeded simulation behind the same interface as the real one."""

from mailtui.demo.host import DemoHost

__all__ = ["DemoHost"]
