"""What is known of the machine that trains."""

import sys

import pytest

from ailearn_jax import machine


def test_versions_say_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    """A doctor who stops at the illness."""
    monkeypatch.setattr(machine, "PACKAGES", ("jax", "no-such-package"))
    versions = machine.versions()
    assert versions["no-such-package"] == "missing" and versions["jax"][0].isdecimal()
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))


def test_nothing_differs_from_here():
    """A warning at each resume, which nobody would read when it matters."""
    assert machine.differences(machine.here()) == []


def test_differences_are_named():
    """Another number of cores or version that changes the result without a word."""
    before = machine.here()
    before |= {"cores": 99, "versions": before["versions"] | {"jax": "0.1"}}
    cores, jax = machine.differences(before)
    assert cores.startswith("cores ") and cores.endswith(" (was 99)")
    assert jax.startswith("jax ") and jax.endswith(" (was 0.1)")
