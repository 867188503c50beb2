"""The shim protocol of yamux-conform. There is nothing to fill in here: that is in shim.py."""

from .lines import failure, fault, unsupported

__all__ = ["failure", "fault", "unsupported"]
