"""What can be done to sound, knowing keys but never people.

Nothing in here may import ``earmark.codes`` or ``earmark.records``: the bound on naming an innocent needs evidence that
never saw the codebook, and this package is where evidence is made.
"""
