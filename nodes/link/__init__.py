"""The net between the processes: the only room that imports zmq.

``LinkEndpoint`` is a process's place on the net, ``Receiver`` what it receives.
"""
