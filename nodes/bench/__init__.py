"""What this machine does: a report from its bytes to the picture's, and from a node to a reader of a picture.

Measured on traffic made for it (`traffic`), beside what nobody could undercut here: a bare ZeroMQ relay, an
update of filterpy's IMM.
"""
