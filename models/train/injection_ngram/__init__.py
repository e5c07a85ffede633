"""The injection task by a linear model over hashed character n-grams.

It is fitted on the same texts as the encoder and reads them without a vocabulary. Its card
holds, a surface, the `pass_threshold` under which a window of a long text need not be shown
to the encoder.
"""
