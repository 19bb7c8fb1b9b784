"""The annotation domain: records, operations, merge, sync. No network, no database, no asyncio."""
