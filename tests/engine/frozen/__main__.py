"""Writes the files, see the package."""

import sys

from tests.engine.frozen import CASES, lines, path, trace

anew = sys.argv[2:] if sys.argv[1:2] == ["--anew"] else []
for name in CASES:
    if name in anew or not path(name).exists():
        path(name).write_text("\n".join(lines(trace(name))) + "\n", encoding="utf-8")
        print(path(name))
