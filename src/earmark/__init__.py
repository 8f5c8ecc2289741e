"""Earmark makes confidential speech traceable."""

__version__ = "0.1.0"
