"""The exercise on one machine: every node and core as a process, paced, shown, recorded, scored."""
