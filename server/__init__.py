"""Everything that knows HTTP, WebSockets and SQL."""

__version__ = "0.1.0"
