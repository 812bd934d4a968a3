"""Which reports count: the policy in force at their time, the streams that a picture takes, and what their
node's own signatures prove against it. One answer for the cores, replays, the page's comparison and scores.
"""

from nodes.admission.admission import Admission, MakePicture, Outcome, of_nation
from nodes.admission.contradictions import Contradiction
from nodes.admission.equivocation import Equivocations, Proof, Start
from nodes.admission.heartbeats import LEAVING, Heartbeats
from nodes.admission.judgement import Evidence, Judgement
from nodes.admission.rules import Rules

__all__ = [
    "LEAVING",
    "Admission",
    "Contradiction",
    "Equivocations",
    "Evidence",
    "Heartbeats",
    "Judgement",
    "MakePicture",
    "Outcome",
    "Proof",
    "Rules",
    "Start",
    "of_nation",
]
