"""The only room that starts a process which opens a foreign file.

This module stays empty: the child imports the package in a place where little else exists.
"""
