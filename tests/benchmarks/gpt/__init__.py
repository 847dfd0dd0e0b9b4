"""The training of a GPT on names, each contender's written as a careful user of the library would.

As in ``contenders`` beside it, a contender is a function ``train(work, epochs)`` that returns the loss of every step,
or as ``fit`` does the mean of every epoch.
"""
