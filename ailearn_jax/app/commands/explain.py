"""`explain`: what a lesson's model is made of, what a step of its training costs, and where in the code it stands."""

import math
import textwrap
from typing import TYPE_CHECKING

from ailearn_jax.app import configs, environment
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.course import TITLES
from ailearn_jax.app.terminal import place, tell, width

if TYPE_CHECKING:
    from ailearn_jax.app import anatomy


def run(arguments: Arguments) -> int:
    fields = configs.load(arguments.config, arguments.overrides)
    lesson = fields["lesson"]
    environment.prepare()
    import jax

    from ailearn_jax.app import anatomy

    jax.config.update("jax_enable_compilation_cache", False)  # or the time to compile is that of finding what is kept

    step = anatomy.one_step(lesson, configs.for_lesson(fields))
    tell(f"Lesson {lesson}. {TITLES[lesson]}")
    tell("\nThe model")
    _show_parameters(anatomy.parameters(step.params))
    tell("\nA step of training")
    _show_cost(anatomy.cost(step))
    tell("\nThe lesson, from top to bottom")
    _show_parts(anatomy.parts_of_lesson(lesson))
    tell("\nWhat it stands on")
    _show_parts(anatomy.parts_of_toolbox(lesson))
    return 0


def _show_parameters(shapes: dict[str, tuple[int, ...]]) -> None:
    counts = {path: math.prod(shape) for path, shape in shapes.items()}
    total = sum(counts.values())
    rows = [("path", "shape", "parameters", "share")]
    for path, shape in shapes.items():
        size = " x ".join(map(str, shape)) or "a number"
        rows.append((path, size, f"{counts[path]:,}", f"{counts[path] / total:.1%}"))
    rows.append(("all", "", f"{total:,}", "100.0%"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for path, size, count, share in rows:
        tell(f"  {path:{widths[0]}}  {size:>{widths[1]}}  {count:>{widths[2]}}  {share:>{widths[3]}}")


def _show_cost(cost: "anatomy.Cost") -> None:
    tell(f"  operations (float): {cost.operations:,.0f}")
    tell(f"  bytes read and written: {cost.bytes_moved:,.0f}")
    tell(f"  operations a byte: {cost.operations / cost.bytes_moved:.2f}")
    tell(f"  memory held: {cost.bytes_held:,} bytes")
    tell(f"  time to compile: {cost.seconds_to_compile:.2f} s")


def _show_parts(files: "dict[str, list[anatomy.Part]]") -> None:
    for title, parts in files.items():
        tell(textwrap.fill(title, width(), initial_indent="  ", subsequent_indent="  "))
        longest = max(len(part.name) for part in parts)
        for part in parts:
            tell(f"    {part.name:{longest}}  {place(part.file)}:{part.line}")
