"""By how much each sensor and each node's clock is off, from what they say of targets that they share.

A report's rows say of which sensor they are and where that stood. A bias b of a sensor moves what it says
of a target by B b (`bias`); a node's tracklets of ten seconds make one part (`window`); of the parts that
several sensors have of one target the target itself is eliminated (`elimination`), and what is left are
normal equations of the biases alone, a sum over targets and windows (`estimate`). What is found significant
is taken out of reports before anything else is done with them (`correction`).

Source: Taghavi, Tharmarasa, Kirubarajan, Bar-Shalom, McDonald 2016, *A practical bias estimation algorithm
for multisensor-multitarget tracking*, IEEE TAES 52(1): local tracks alone, through tracklets; Lin,
Kirubarajan, Bar-Shalom 2004, *Exact multisensor dynamic bias estimation with local tracks*, IEEE TAES 40(2).
"""
