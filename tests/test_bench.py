"""The benchmark: that both sides compute the same, and what it makes of the times it is given."""

import os
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # `scripts` is no part of what is installed

from scripts.measure import flops, rows, table  # noqa: E402
from scripts.measure.quiet import Watch, read_ticks  # noqa: E402
from scripts.measure.sides import Side, SideFailed, Task, alternate, once  # noqa: E402

TOLERANCE = runpy.run_path(str(ROOT / "scripts" / "bench.py"))["TOLERANCE"]
SMALL_GPT = {"model__num_layers": 2, "model__embed_dim": 32, "model__context_length": 16, "train__batch_size": 4}


@pytest.fixture
def torch() -> Any:
    """PyTorch, for the tests that need the peers."""
    return pytest.importorskip("torch", reason="needs the extra `bench`, which CI installs in a stage of its own")


@pytest.mark.parametrize(
    ("name", "lesson", "sizes"),
    [("gpt", "lesson8_nanogpt_cpu", SMALL_GPT), ("bikes", "lesson6", {}), ("xor", "lesson5", {})],
    ids=["gpt", "bikes", "xor"],
)
@pytest.mark.usefixtures("torch")
def test_equal_parameters_give_equal_loss_and_gradients(name: str, lesson: str, sizes: dict[str, int]) -> None:
    """A peer with another epsilon, mask, head or rate would be timed at another task."""
    from scripts.peers import equality

    found = getattr(equality, name)(rows.settings(lesson, **sizes))
    assert {"loss", "gradients"} <= found.keys()
    assert max(found.values()) <= TOLERANCE


@pytest.mark.usefixtures("torch")
def test_a_peer_that_computes_something_else_is_found() -> None:
    """A comparison that would pass whatever the peer computes."""
    from scripts.peers import equality

    config = rows.settings("lesson8_nanogpt_cpu", **SMALL_GPT, model__activation="gelu")  # the peer has ReLU
    assert equality.gpt(config)["gradients"] > TOLERANCE


SMALL_GPU = SMALL_GPT | {"model__num_heads": 2, "train__batch_size": 32, "train__steps_per_call": 50}


def test_the_peer_rounds_as_its_config_says(torch: Any) -> None:
    """A peer timed, or judged, in float32 where ours computes in bfloat16."""
    from scripts.peers import gpt

    ids = torch.arange(200) % 65
    for half, name in ((True, "bfloat16"), (False, "float32")):
        config = rows.settings("lesson8_nanogpt_gpu", **SMALL_GPU, model__use_bfloat16=half)
        trainer = gpt.make_trainer(config, ids, 65, compiled=False)
        kinds = []
        trainer.model.blocks[0].hidden.register_forward_hook(lambda *call, kinds=kinds: kinds.append(call[2].dtype))
        trainer.train(1)
        trainer.validate(ids)
        assert {str(kind) for kind in kinds} == {f"torch.{name}"}


@pytest.mark.parametrize("place", ["embeddings", "attention", "blocks"])
def test_the_peer_drops_where_lesson_8_does(place: str, torch: Any) -> None:
    """A peer without dropout would be timed at another task; one that drops while it is judged never comes to its goal,
    and one that no longer does after that has an easier one."""
    from scripts.peers import gpt

    ids = torch.arange(200) % 65
    trainer = gpt.make_trainer(rows.settings("lesson8_nanogpt_gpu", **SMALL_GPU), ids, 65, compiled=False)
    model, (inputs, targets) = trainer.model, next(trainer.batches)
    model.dropout.p *= place == "embeddings"
    in_blocks = []
    for block in model.blocks:
        block.dropout.register_forward_hook(lambda *_: in_blocks.append("dropped"))
        block.attention.dropout_rate *= place == "attention"
        block.dropout.p *= place == "blocks"
    assert trainer.validate(ids) == trainer.validate(ids)
    in_blocks.clear()
    assert model(inputs, targets) != model(inputs, targets)
    assert len(in_blocks) == 2 * 2 * len(model.blocks)  # calls, branches


@pytest.mark.slow
@pytest.mark.usefixtures("torch")
def test_the_rows_of_a_gpu_run_without_one() -> None:
    """A side called wrongly, which would come to light on a lent GPU only."""
    config, peer = rows.settings("lesson8_nanogpt_gpu", **SMALL_GPU), {"compiled": False, "device": "cpu"}
    (line,), (rates, shares) = rows.gpu_step(config, peer, "NVIDIA H200", True, Watch())
    assert line.verdict in ("reached", "MISSED")
    assert re.search(r"on NVIDIA H200: ours [\d,]+ tokens/s.*; torch.compile, bfloat16 [\d,]+ tokens/s", rates)
    assert re.search(r"peak, 989 TFLOP/s: ours [\d.e-]+%.*; torch.compile, bfloat16 [\d.e-]+%", shares)
    options = {"path": str(rows.SHAKESPEARE), "goal": 3.5, "every": 50}
    (line,), (note,) = rows.time_to_loss("", [config], options, {"PyTorch": peer}, 1.0, Watch())
    assert line.verdict in ("reached", "MISSED") and re.search(r"ours \d+ steps; PyTorch \d+ steps", note)


@pytest.mark.slow
@pytest.mark.usefixtures("torch")
def test_a_gpu_is_looked_for_and_none_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU that is never found, since the sides are told to use the CPU; or later rows that run on it."""
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.delenv("XLA_PYTHON_CLIENT_PREALLOCATE", raising=False)
    before = dict(os.environ)
    with rows.gpus_in_sight():
        assert "JAX_PLATFORMS" not in os.environ and os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
        found = once(Task(f"{rows.OURS}:gpu"))["name"] and once(Task(f"{rows.GPT}:gpu"))["name"]
    assert dict(os.environ) == before
    outcome = rows.gpu(True, Watch())
    assert bool(outcome.lines) == bool(found) and ("left out" in outcome.notes[0]) != bool(found)


def test_operations_are_those_that_the_compiler_counts() -> None:
    """A formula that forgets a layer, or the backward pass, would make any share of the machine's rate look right."""
    import jax
    import numpy as np
    from ml_collections import ConfigDict

    from ailearn_jax import training
    from ailearn_jax.lessons import lesson8

    parts = lesson8.build(ConfigDict(rows.settings("lesson8_nanogpt_cpu")), vocab_size=65)
    tokens = np.zeros((12, 64), np.int32)
    params = training.shapes_of(parts.model, tokens)
    gradients = jax.jit(jax.grad(lambda params: parts.loss_fn(params, {"inputs": tokens, "targets": tokens}, None)[0]))
    analysis = gradients.lower(params).compile().cost_analysis()
    assert isinstance(analysis, dict)
    counted = flops.gpt_step(batch_size=12, context_length=64, num_layers=4, embed_dim=128, vocab_size=65)
    assert analysis["flops"] == pytest.approx(counted, rel=0.05)


def test_a_ratio_is_of_medians_and_its_spread_of_turns() -> None:
    """Ours over theirs instead of theirs over ours; or a mean, which one slow turn would carry off."""
    line = table.compare("step", [0.010, 0.020, 0.010], "peer", [0.030, 0.030, 0.900], at_least=1.2)
    assert line == table.Line(
        "step",
        "10.0 ms (10.0 to 20.0)",
        "peer",
        "30.0 ms (30.0 to 900)",
        "3.00 (1.50 to 90.0)",
        "1.2 or more",
        "reached",
    )


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (table.compare("", [1.0], "", [1.19], at_least=1.2), "MISSED"),
        (table.compare("", [float("inf")], "", [1.0], at_least=1), "MISSED"),
        (table.at_most("", [0.4, 0.5, 9.0], 0.5), "reached"),
        (table.at_most("", [0.51], 0.5), "MISSED"),
        (table.ratio_at_most("", [4.0], "", [2.0], 2), "reached"),
        (table.ratio_at_most("", [4.1], "", [2.0], 2), "MISSED"),
        (table.share_at_least("", [0.61], 0.6), "reached"),
        (table.share_at_least("", [0.59], 0.6), "MISSED"),
    ],
)
def test_verdicts(line: table.Line, verdict: str) -> None:
    """A goal that is missed and called reached, where less is better as well as where more is."""
    assert line.verdict == verdict


def test_a_table_is_markdown_that_lines_up() -> None:
    """A row of another width would break the table in the README."""
    assert table.render([["a", "b"], ["long", "c"]]).splitlines() == ["| a    | b |", "|------|---|", "| long | c |"]


def test_a_busy_machine_is_told(tmp_path: Path) -> None:
    """Idle ticks taken for work or the other way round; a table that is silent about a busy machine."""
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 50 800 50 0 0 0 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    assert read_ticks(stat.read_text()) == (850, 1000)
    watch = Watch(stat)
    watch.taken = [0.02, 0.05]
    assert watch.noise() == ""
    watch.taken = [0.02, 0.5]
    assert watch.noise() == "NOT QUIET: others took 26% of the cores"
    unknown = Watch(tmp_path / "absent")
    unknown.look(0.0)
    assert unknown.noise() == "quiet or not: unknown here"


RATE = Task("scripts.measure.ours:matmul_rate", {"sizes": (16,)})
CORPUS = Task("scripts.measure.ours:corpus_loading", {"path": str(rows.SHAKESPEARE)}, fresh=True)
ABSENT = Task("scripts.measure.ours:corpus_loading", {"path": "absent.txt"})


@pytest.mark.slow
def test_the_sides_take_turns() -> None:
    """A turn left out; or an optional side whose failure ends all, or counts as a measurement."""
    tasks = {"rate": RATE, "corpus": CORPUS, "absent": ABSENT._replace(optional=True)}
    samples = alternate(tasks, turns=2, watch=Watch())
    assert {name: [*values] for name, values in samples.items()} == {"rate": ["rate"], "corpus": ["seconds", "sizes"]}
    assert {len(values) for side in samples.values() for values in side.values()} == {2}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells the state of a process there")
def test_a_side_stands_still_between_its_turns() -> None:
    """Threads of one side that spin while the other is timed."""
    with Side(RATE) as side:
        side.receive()
        stat = Path(f"/proc/{side.process.pid}/stat")
        for _ in range(2):
            side.pause()
            time.sleep(0.5)  # a signal is not heard at once
            assert stat.read_text().rpartition(")")[2].split()[0] == "T"
            assert side.measure()["rate"] > 0
    assert side.process.exitcode == 0


def test_a_side_that_fails_is_no_measurement(capfd: pytest.CaptureFixture[str]) -> None:
    """A side whose process ended, waited for without an end or counted as very fast."""
    with pytest.raises(SideFailed):
        once(ABSENT)
    assert "absent.txt" in capfd.readouterr().err


def test_what_directs_the_sides_is_small() -> None:
    """A directing process with JAX in it: on Linux its memory would count as that of the sides that it starts."""
    code = "import sys, scripts.measure.rows; print({'jax', 'torch', 'numpy', 'pandas'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_every_side_is_there() -> None:
    """A row whose side was renamed would tell of it after half an hour of measuring."""
    source = Path(rows.__file__).read_text(encoding="utf-8")
    names = re.findall(r'f"\{([A-Z]+)\}:(\w+)"', source)
    assert len(names) > 15
    for module, function in names:
        file = ROOT.joinpath(*getattr(rows, module).split(".")).with_suffix(".py")
        assert f"\ndef {function}(" in file.read_text(encoding="utf-8"), (module, function)
