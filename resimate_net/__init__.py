"""Calls to addresses that somebody else has written: which are called, and how far an answer is followed."""

from resimate_net.bounds import Answer, Limits
from resimate_net.client import send
from resimate_net.failing import Unanswered
from resimate_net.resolving import Resolver, addresses_of
from resimate_net.targets import NotOutside, Rules, Target, target_of
from resimate_net.wires import Wire, dial

__all__ = [
    "Answer",
    "Limits",
    "NotOutside",
    "Resolver",
    "Rules",
    "Target",
    "Unanswered",
    "Wire",
    "addresses_of",
    "dial",
    "send",
    "target_of",
]
