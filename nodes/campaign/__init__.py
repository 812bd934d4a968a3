"""Campaigns: one scenario, many times, with other keys, other partners, other seeds; tabulated and compared.

A campaign file says what varies (`plan`), a design makes cases of it (`design`), a pool of processes or a
cluster runs them (`workers`, `cluster`), a journal keeps each row the moment it is there (`journal`), and
tables, statistics and a report are made of the rows alone.
"""
