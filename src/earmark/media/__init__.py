"""Containers in, containers out, splicing copies.

``source`` says what a file is, ``reading`` streams its sound, ``target`` decides what a copy looks like, and
``pieces`` turns the two variants into anything from one to thousands of copies.
"""
