"""Earmark makes confidential speech traceable."""

__version__ = "0.2.0"
