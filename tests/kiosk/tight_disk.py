"""A desk on a disk that really gets full: `python -m tests.kiosk.tight_disk FOLDER PORT`, with mounts of its own.

Mounts a small file system at FOLDER, puts a paired desk on it, serves it, and walks the step of the rehearsal where a
file takes the last room (`kiosk.drill.attended`). Prints the step as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from kiosk.drill.attended import Hands
from kiosk.drill.exercises import Course
from kiosk.drill.journal import Journal
from kiosk.drill.report import Step
from models.database import Database
from tests.kiosk.paired_desk import paired

SERVE = "from kiosk.cli import cli; cli()"


def main(folder: Path, port: int) -> None:
    """Walk the one step and print it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=True)
    app = paired(folder)
    settings = app.extensions["settings"]
    app.extensions["database"].close()
    environment = {**os.environ, "HAILONG_INSTANCE": str(folder)}
    serving = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--port", str(port)], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        database = Database(settings.database_url)
        hands = Hands(settings, database, f"http://127.0.0.1:{port}", lambda sentence: True, lambda sentence: None)
        assert hands._until(hands.citizen.healthy, 30)
        journal = Journal(folder)
        journal.begin()
        course = Course(hands, journal, lambda step: None)
        course.do("disk_full", course._disk_full)
        (step,) = course.steps
        assert isinstance(step, Step)
        print(json.dumps({**step.as_json(), "left": sorted(path.name for path in journal.folder.iterdir())}))
        database.close()
    finally:
        serving.kill()
        serving.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
