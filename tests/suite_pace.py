"""The pace of the suite: folders in memory, a worker more than cores, garbage looked for less often.

A pytest plugin; conftest.py loads it for the whole suite. What a test sees is the same without it.
"""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest

#: How much room in memory a run needs for what its tests write, with plenty to spare (bytes).
ROOM = 6 << 30
MEMORY = Path("/dev/shm")
#: Modules that take longest (a demo, a served centre, power cuts): begun first, for the last one to end is waited for
#: by all other cores.
FIRST = tuple(f"tests/{name}.py" for name in (
    "setup/test_demo", "flow/test_outside_look", "setup/test_upgrade", "flow/test_sync_machine",
    "bench/test_powercut_desk", "browser/test_phone_choices", "browser/test_citizen_phone", "setup/test_bundle",
    "flow/test_by_hand", "browser/test_tablet_kill", "admin/web/test_hostile_requests", "admin/web/test_centre_gets",
    "browser/test_staff_screens", "browser/test_tablet_next_person", "flow/test_rogue_device",
    "architecture/test_tools", "browser/test_admin_pages", "browser/test_printing_screens",
    "browser/test_citizen_tablet_full",
))  # fmt: skip

def pytest_configure(config: pytest.Config) -> None:
    """Where the machine has the room, the tests' folders lie in memory: half of their time was spent waiting for a disk
    on which nothing need outlive the run. $PYTEST_DEBUG_TEMPROOT or `--basetemp` puts them elsewhere."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
        os.environ.setdefault("TMPDIR", str(MEMORY))  # browsers' profiles, and whatever else is made and removed
    config.option.loadscopereorder = False  # by how many tests a module has; here by how long it takes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first, the others as they come; the same on every worker."""
    places = {path: place for place, path in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one more than there are cores, for some always wait for a browser, a server or a clock."""
    return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """What is there once all modules are imported stays: whoever looks for garbage need not look through it each time,
    nor every 700 objects. Of the suite's CPU that was a fifth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
