"""The cache of compiled kernels: private, exact about what it depends on, and never in the way.

Each case is a process of its own with a cache folder of its own, because the folder is chosen once a process.
"""

import os
import select
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from engine import kernel_folder

ROOT = Path(__file__).parents[2]
KERNEL = """
from engine.jit import kernel, cache_state
@kernel
def twice(x):
    return x * 2.0
assert twice(21.0) == 42.0
hit = any(twice.stats.cache_hits.values())
"""
LONGEST = 60
"""Seconds in which one kernel is compiled, on a machine with much else to do."""
REPORT = KERNEL + "print('hit' if hit else 'compiled', '|', cache_state().folder, '|', cache_state().reason)"


def ended(process: subprocess.Popen) -> str:
    """What a process wrote until its end, which must be a good one."""
    try:
        output, _ = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        pytest.fail(f"it has not ended after {LONGEST} seconds: {output}")
    assert process.returncode == 0, output
    return output


@pytest.fixture
def script(tmp_path):
    """Run code as a module file of its own in a fresh process; its last line of output."""
    home = tmp_path / "home"
    home.mkdir()
    counter = iter(range(100))

    def start(code=REPORT, cwd=ROOT, **env):
        file = tmp_path / f"own{next(counter)}" / "kernels_of_test.py"
        file.parent.mkdir()
        file.write_text(textwrap.dedent(code))
        clean = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "HOME")}
        settings = {"HOME": str(home), "PYTHONPATH": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"} | env
        chosen = {k: v for k, v in settings.items() if v is not None}
        return subprocess.Popen([sys.executable, file], env=clean | chosen, stdout=subprocess.PIPE, text=True, cwd="/")

    def run(code=REPORT, **env):
        return ended(start(code, **env)).strip()

    run.start, run.home = start, home
    return run


def test_second_process_finds_the_first_ones_kernel_in_a_private_folder(script):
    assert script().startswith("compiled")
    assert script().startswith("hit")
    folder = Path(script().split("|")[1].strip())
    assert folder.is_relative_to(script.home / ".cache" / "backprop-tutor")
    for part in (folder, folder.parent):
        assert part.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_xdg_cache_home_is_used_when_it_is_absolute(script, tmp_path):
    assert str(tmp_path / "xdg") in script(XDG_CACHE_HOME=str(tmp_path / "xdg"))
    assert str(script.home) in script(XDG_CACHE_HOME="relative")


def test_without_a_home_kernels_live_in_memory(script):
    assert script(HOME="relative") == "compiled | None | there is no home folder"


def test_where_nothing_can_be_written_kernels_live_in_memory(script, tmp_path):
    (tmp_path / "file").write_text("")
    assert script(XDG_CACHE_HOME=str(tmp_path / "file")).startswith("compiled | None |")


@pytest.mark.parametrize("how", ["open", "symlink", "file"])
def test_a_folder_that_others_could_write_into_is_not_used(script, tmp_path, how):
    place = script.home / ".cache" / "backprop-tutor"
    place.parent.mkdir()
    if how == "open":
        place.mkdir()
        place.chmod(0o777)
    elif how == "symlink":
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    else:
        place.write_text("")
    assert script().startswith("compiled | None |")


def test_a_cache_home_open_to_everybody_is_not_used(script, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert "everybody may write" in script(XDG_CACHE_HOME=str(tmp_path / "open"))


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "foreign"])
def test_a_damaged_kernel_is_compiled_again_and_repaired(script, damage):
    folder = Path(script().split("|")[1].strip())
    (file,) = folder.glob("*.kernel")
    data = bytearray(file.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "flip":
        data[len(data) // 2] ^= 1
    elif damage == "empty":
        data = bytearray()
    else:
        data = bytearray(b"not a kernel at all" * 100)
    file.write_bytes(data)
    assert script().startswith("compiled")
    assert script().startswith("hit")


def test_processes_at_the_same_time_leave_a_working_cache(script):
    processes = [script.start() for _ in range(3)]
    for process in processes:
        ended(process)
    assert script().startswith("hit")


def test_a_process_killed_while_writing_leaves_a_working_cache(script):
    """The write is made to stop half way, and the process is killed there."""
    slow = """
    import os, sys, time
    replace = os.replace
    def wait(*arguments):
        print("writing", flush=True)
        time.sleep(600)
    os.replace = wait
    """
    process = script.start(textwrap.dedent(slow) + KERNEL)
    try:
        assert select.select([process.stdout], [], [], LONGEST)[0], "it writes nothing"
        assert process.stdout.readline().strip() == "writing"
    finally:
        process.kill()
        process.communicate()
    assert script().startswith("compiled")
    assert script().startswith("hit")


def test_a_disk_that_is_full_is_said_and_does_not_matter(script):
    full = """
    import errno, os, tempfile
    import engine.jit
    def no_room(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")
    engine.jit._write = no_room
    """
    assert script(textwrap.dedent(full) + REPORT) == "compiled | None | No space left on device"


def test_an_edit_in_a_module_that_a_kernel_calls_is_noticed(script, tmp_path):
    """A copy of the package, a kernel in one module, its formula in another: the edit there must count."""
    package = tmp_path / "copy" / "engine"
    package.mkdir(parents=True)
    for source in ("__init__", "atomic", "jit", "kernel_folder"):
        (package / f"{source}.py").write_text((ROOT / "engine" / f"{source}.py").read_text())
    formula = package / "formula_of_test.py"
    (package / "kernel_of_test.py").write_text(
        "from engine.jit import kernel, part\nfrom engine.formula_of_test import change\nchanged = part(change)\n"
        "@kernel\ndef run(x):\n    return changed(x)\n"
    )
    use = "from engine.kernel_of_test import run\nprint(run(3.0), any(run.stats.cache_hits.values()))"
    seen = []
    for text in ("x + 1.0", "x + 1.0", "x * 10.0"):
        formula.write_text(f"def change(x):\n    return {text}\n")
        seen.append(script(use, cwd=tmp_path / "copy"))
    assert seen == ["4.0 False", "4.0 True", "30.0 False"]


def test_kernel_sources_are_those_that_reach_the_compiler_and_what_they_use(tmp_path):
    sources = {
        "jit": "",
        "kernels": "from engine import (\n    loops,\n    tables,\n)\nfrom engine.jit import kernel\n",
        "loops": "import engine.inner as inner\n",
        "inner": "def f():\n    from engine.deep import (\n        x,\n    )\n",
        "tables": "",
        "deep": "",
        "screen": "from engine.loops import run",
    }
    for name, text in sources.items():
        (tmp_path / f"{name}.py").write_text(text)
    found = {path.stem for path in kernel_folder.kernel_sources(tmp_path)}
    assert found == sources.keys() - {"screen"}
    real = {path.name for path in kernel_folder.kernel_sources(ROOT / "engine")}
    assert {"jit.py", "simd.py", "vector_math.py", "tiles.py", "losses.py", "optimizers.py", "random.py"} <= real
    assert "formula.py" not in real


def test_old_folders_are_forgotten_but_the_newest(tmp_path):
    own = tmp_path / "own"
    for age in range(10):
        folder = own / f"kernels-{age}"
        folder.mkdir(parents=True)
        (folder / "x.kernel").write_text("")
        os.utime(folder, (1000 - age, 1000 - age))
    current = own / "kernels-9"
    (current / ".x.1-ab.tmp").write_text("")
    os.utime(current / ".x.1-ab.tmp", (0, 0))
    (current / ".y.1-ab.tmp").write_text("")
    kernel_folder.forget_old(own, current)
    left = {folder.name for folder in own.iterdir()}
    assert left == {"kernels-9", *(f"kernels-{age}" for age in range(kernel_folder.FOLDERS_KEPT))}
    assert {file.name for file in current.iterdir()} == {"x.kernel", ".y.1-ab.tmp"}
    assert current.stat().st_mtime > time.time() - 60


def test_importing_the_engines_light_modules_imports_no_compiler():
    code = "import sys, engine.training, engine.network, engine.losses, engine.run_settings, engine.warm\n"
    code += "engine.network.build_network(2, [{'units': 1}], 'zeros')\nassert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
