"""Attacks on the project: wrong inputs in more than a thousand ways, and faults of the machine.

``python -m tests.attack`` builds a small clean project (``world``), changes one thing in it at a
time (``kinds``), does with it what users do (``probes``, in a ``worker`` that may hang or die) and
compares the outcome with that of the clean project (``verdict``). Each mutation states what is
right: an error in words, the clean numbers to the bit, a word of doubt, or one of the first two.
``python -m tests.attack.faults`` kills, fills disks, locks folders and damages files, and runs the
same command again: the results must be those of an undisturbed run.

``known`` lists what is not yet right, with its date and reason.
"""
