"""The net between the processes: the only room that imports zmq.

``Station`` is a process's place on the net, ``Receiver`` what it hears, ``control`` the exercise's clock.
"""
