"""The program: it has what the shims in Python share from the folder beside its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))

from library import Yamux
from yamux_shim.on_trio import serve

if __name__ == "__main__":
    serve(Yamux)
