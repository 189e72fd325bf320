"""Runs every benchmark of this folder, or those named, and prints their tables: ``python -m benchmarks [NAME …]``.

A benchmark is a module with ``run() -> list[dict]``; every row has ``table``, ``what``, ``ours_s``, ``peer``, ``peer_s``, ``ratio``
(peer over ours: larger is better) and ``target``. A row whose figure is no time says its unit in the text and has the plain
value in ``ratio``.
Each module runs in a process of its own, so that one's memory and threads are not another's.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if "def run(" in path.read_text("utf-8"))
COLUMNS = ("what", "ours_s", "peer", "peer_s", "ratio", "target")


def measure(name: str) -> list[dict[str, Any]]:
    code = f"import json; from benchmarks import {name}; print(json.dumps({name}.run()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "" if value is None else str(value)


def show(rows: list[dict[str, Any]]) -> None:
    for table in dict.fromkeys(row["table"] for row in rows):
        lines = [
            COLUMNS,
            *(tuple(cell(row.get(column)) for column in COLUMNS) for row in rows if row["table"] == table),
        ]
        widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
        print(f"\n## {table}\n")
        for number, line in enumerate(lines):
            print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |")
            if number == 0:
                print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def main(names: list[str]) -> None:
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name in names or NAMES:
        show(measure(name))


if __name__ == "__main__":
    main(sys.argv[1:])
