"""Every view and every key of the training screen, with real runs in a real process."""

import pytest

from tests.tutor.tui.stages import SIZES, opened, play, press, text
from tests.tutor.tui.test_training import until
from tutor.tui.keys import TRAINING
from tutor.tui.training.looking import VIEWS


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def trained(pilot, *to):
    """The step that these keys lead to, its runs at their end."""
    await play(pilot, *to)
    await until(pilot, lambda s: s.runs and s.runs[0].here)
    await press(pilot, *"ffffff", "space")
    await until(pilot, lambda s: all(one.status == "finished" for one in s.runs))


async def looked(pilot, digit, condition=lambda s: True):
    """A view by its digit, once its scene is there."""
    await press(pilot, digit)
    return await until(pilot, lambda s: s.scene.run == s.run_shown.name and condition(s))


SCENES = {
    "all": lambda s: s.scene.plane or s.scene.samples or s.scene.fit,
    "curves": lambda s: True,
    "plane": lambda s: s.scene.plane or s.scene.fit,
    "gradients": lambda s: True,
    "weights": lambda s: s.scene.weights,
    "samples": lambda s: s.scene.samples,
    "path": lambda s: s.scene.path,
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("view", VIEWS)
async def test_views_of_networks(view, size, screen):
    async with opened("networks.toml", size) as pilot:
        await trained(pilot, "n")
        if view == "path":
            await press(pilot, "v")
        await looked(pilot, str(VIEWS.index(view) + 1), SCENES[view])
        assert text(pilot) == screen


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("view", ["all", "weights", "samples"])
async def test_views_of_digits(view, size, screen):
    async with opened("networks.toml", size) as pilot:
        await trained(pilot, "n", "n")
        await looked(pilot, str(VIEWS.index(view) + 1), SCENES[view])
        assert text(pilot) == screen


async def test_a_fit_is_shown_where_there_is_one_input(screen):
    async with opened("networks.toml") as pilot:
        await trained(pilot, "n", "n", "n")
        await looked(pilot, "3", SCENES["plane"])
        assert text(pilot) == screen


async def test_ascii_and_no_colours(screen):
    async with opened("networks.toml", palette="plain") as pilot:
        pilot.app.ascii_only = True
        await trained(pilot, "n", "n")
        await looked(pilot, "6", SCENES["samples"])
        found = text(pilot)
        assert found.isascii()
        assert found == screen


async def test_the_views_go_round_with_tab():
    async with opened("networks.toml") as pilot:
        await play(pilot, "n")
        page = await until(pilot, lambda s: s.runs[0].here)
        seen = []
        for _ in range(6):
            await press(pilot, "tab")
            seen.append(page.looking.view)
        assert seen == ["curves", "plane", "gradients", "weights", "samples", "all"]
        await press(pilot, "shift+tab")
        assert page.looking.view == "samples"
        await press(pilot, "7")
        assert page.looking.view == "samples"
        assert "A path is drawn where the weights are those of one line" in text(pilot)


async def test_back_in_time_everything_follows():
    async with opened("networks.toml") as pilot:
        await trained(pilot, "n")
        page = await looked(pilot, "5", SCENES["weights"])
        now = page.scene.weights
        await press(pilot, "less_than_sign", "less_than_sign")
        assert page.at == 114
        await press(pilot, "comma")
        assert page.at == 113
        await until(pilot, lambda s: s.scene.epoch == 113)
        assert page.scene.weights != now
        assert "6 samples" in text(pilot) and "epoch 113\n" in text(pilot)
        assert "epoch 113/120" in text(pilot)
        await press(pilot, "full_stop", "home")
        await until(pilot, lambda s: s.scene.epoch == 0)
        assert page.runs[0].here["train_loss"] == pytest.approx(page.runs[0].start, rel=1e-4)
        await press(pilot, "end")
        await until(pilot, lambda s: s.scene.weights == now)
        await press(pilot, "g")
        best = page.runs[0].best
        await until(pilot, lambda s: s.at is None or s.scene.epoch == best[0])
        await press(pilot, "space")
        assert page.at is None


async def test_curves_are_zoomed_smoothed_and_changed():
    async with opened("networks.toml") as pilot:
        await trained(pilot, "n")
        page = await looked(pilot, "2")
        assert "training loss:  ▞ curved  • straight" in text(pilot)
        assert "validation loss:  + curved  × straight" in text(pilot)
        assert "★ epoch" in text(pilot)
        await press(pilot, "i", "i")
        assert page.looking.window == (90, 120)
        await until(pilot, lambda s: s.runs[0].curves["train_loss"].places[0] == 90)
        assert "epochs 90 to 120" in text(pilot)
        await press(pilot, "o", "o", "o")
        assert page.looking.window is None
        await press(pilot, "a")
        assert "mean of 10 epochs" in text(pilot)
        await press(pilot, "a", "a", "l")
        assert "log scale" in text(pilot)
        await press(pilot, "t")
        await until(pilot, lambda s: "validation_loss" not in s.runs[0].curves)
        plots = set()
        for _ in range(12):
            await press(pilot, "t")
            plots.add(page.keys)
        assert ("gradient_norm.layer1", "gradient_norm.layer2") in plots
        assert ("train_accuracy", "validation_accuracy") in plots


async def test_samples_are_leafed_through():
    async with opened("networks.toml") as pilot:
        await trained(pilot, "n")
        page = await looked(pilot, "6", SCENES["samples"])
        assert page.scene.samples.rows[0].number == 1
        await press(pilot, "down", "j", "up")
        await until(pilot, lambda s: s.scene.samples.rows[0].number == 2)
        await press(pilot, "pagedown", "pageup", "k", "k")
        await until(pilot, lambda s: s.scene.samples.rows[0].number == 1)
        await press(pilot, "h")
        await until(pilot, lambda s: s.scene.samples.part == "validation")
        await press(pilot, "v", "w")
        await until(pilot, lambda s: s.scene.samples.only_wrong and s.scene.run == "straight")
        samples = page.scene.samples
        assert samples.wrong == len(samples.rows) + max(0, samples.wrong - len(samples.rows)) > 0
        assert all(one.right is False for one in samples.rows)
        assert "✗ wrong" in text(pilot)
        assert "✓ right" not in text(pilot)


async def test_speeds_and_the_help_page_tell_themselves():
    async with opened("networks.toml", (80, 60)) as pilot:
        await play(pilot, "n")
        await until(pilot, lambda s: s.runs[0].here)
        await press(pilot, "f")
        assert "Twice as fast." in text(pilot)
        await press(pilot, "d")
        assert "Half as fast." in text(pilot)
        await press(pilot, "r")
        assert "There is no earlier place to go on from." in text(pilot)
        await press(pilot, "question_mark")
        found = text(pilot)
        for key in TRAINING:
            assert (key.long or key.short)[:40] in found
        await press(pilot, "escape", "p")
        assert pilot.app.screen.session.place == 0


# -- left and found again


async def test_runs_are_found_again_when_one_comes_back():
    async with opened("networks.toml") as pilot:
        await play(pilot, "n")
        await until(pilot, lambda s: s.runs[0].here)
        await press(pilot, "m", "m", "m", "minus", "5", "v")
        before = await until(pilot, lambda s: s.runs[0].epoch == 3 and s.runs[0].rates)
        await press(pilot, "left")
        assert pilot.app.screen is not before
        await press(pilot, "n")
        page = await until(pilot, lambda s: s is not before and s.runs[0].here)
        assert [one.epoch for one in page.runs] == [3, 3]
        assert page.runs[0].rates == before.runs[0].rates
        assert page.looking.view == "weights"
        assert page.looking.chosen == 1


async def test_another_step_leaves_the_first_ones_runs_alone():
    async with opened("networks.toml") as pilot:
        await play(pilot, "n")
        await until(pilot, lambda s: s.runs[0].here)
        await press(pilot, "m", "m")
        await until(pilot, lambda s: s.runs[0].epoch == 2)
        await press(pilot, "n")
        await until(pilot, lambda s: s.runs[0].name == "digits" and s.runs[0].here)
        await press(pilot, "m")
        await until(pilot, lambda s: s.runs[0].epoch == 1)
        await press(pilot, "left")
        await until(pilot, lambda s: s.runs[0].name == "curved" and s.runs[0].epoch == 2)


async def test_after_a_restart_the_runs_are_offered_and_gone_back_to():
    async with opened("networks.toml") as pilot:
        await play(pilot, "n")
        await until(pilot, lambda s: s.runs[0].here)
        await press(pilot, *"mmmmm", "minus")
        page = await until(pilot, lambda s: s.runs[0].epoch == 5 and s.runs[0].rates)
        await press(pilot, *"mm")
        before = (await until(pilot, lambda s: s.runs[0].epoch == 7)).runs[0].here
        await page.process.end()
    async with opened("networks.toml") as pilot:
        await play(pilot, "n")
        await until(pilot, lambda s: s.earlier and s.runs[0].here)
        assert "You stopped here before: curved at epoch 7" in text(pilot)
        await press(pilot, "r")
        page = await until(pilot, lambda s: s.runs[0].epoch == 7 and s.runs[0].status == "paused")
        assert page.runs[0].here == before
        assert page.runs[0].rates == ((5, pytest.approx(0.667)),)
        assert "You stopped" not in text(pilot)


async def test_a_process_that_died_is_told_and_started_again():
    async with opened("networks.toml") as pilot:
        await play(pilot, "n")
        page = await until(pilot, lambda s: s.runs[0].here)
        await press(pilot, "m")
        await until(pilot, lambda s: s.runs[0].epoch == 1)
        page.process._process.kill()
        await until(pilot, lambda s: s.fault)
        assert "r goes on where it was" in text(pilot)
        await press(pilot, "z")
        await until(pilot, lambda s: not s.fault and s.runs[0].epoch == 0)
