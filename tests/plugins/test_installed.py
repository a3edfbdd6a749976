"""Plugins from other packages: found by their entry point, and never the reason why a till does not start."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import main
from pos_desktop.plugins.hooks import hookimpl
from pos_desktop.plugins.installed import installed_plugins
from pos_desktop.plugins.runner import PluginRunner
from pos_desktop.settings import Settings
from tests.support.quiet import LogWatch
from tests.support.tills import running_till

DOCUMENT = Path(main.__file__).parent / "docs" / "plugins.md"

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution of one module, as an installer lays it down, and forgets it after the test."""
    before = set(sys.modules)
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def put(module: str, source: str, *entry_points: str) -> None:
        (site / f"{module}.py").write_text(source)
        info = site / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("\n".join(["[till.plugins]", *entry_points, ""]))

    yield put
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(site)):
            del sys.modules[name]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)


def test_nothing_installed_is_no_plugin() -> None:
    assert installed_plugins() == ()


def test_the_example_of_the_documentation_takes_its_part_in_a_sale(tmp_path: Path, install: Install) -> None:
    (source,) = blocks("python")
    (project,) = blocks("toml")
    install("big_basket", source, project.splitlines()[1].replace('"', ""))
    (plugin,) = installed_plugins()
    assert plugin[0] == "big_basket"
    folder = tmp_path / "till"
    folder.mkdir()
    with running_till(folder, plugins=(plugin,)) as shop:
        basket = shop.start()
        products = [item for item in shop.till.catalogue.products(limit=60).products if item.unit.value == "piece"]
        for product in [item for item in products if not item.open_price][:10]:
            shop.till.baskets.add_product(basket, product.id)
        view = shop.till.baskets.get(basket)
        assert len(view.basket.lines) == 10
        assert [item.source for item in view.basket.adjustments] == ["big_basket"]
        assert view.priced.discount_minor > 0


@pytest.mark.parametrize("source", ["import no_such_library_at_all", "raise SystemExit(3)", "class Plugin: x = 1 / 0"])
def test_a_plugin_that_cannot_be_loaded_is_left_out_and_the_till_starts(
    tmp_path: Path, install: Install, source: str, expected_logs: LogWatch
) -> None:
    expected_logs("plugin=broken .*plugin_not_loaded")
    install("broken_package", source, "broken = broken_package:Plugin")
    install("good_package", "class Plugin: pass", "good = good_package:Plugin")
    running = main.build(Settings(tmp_path / "till"), with_sync=False)
    try:
        names = [plugin.name for plugin in running.till.plugins()]
    finally:
        running.close()
    assert names[-1] == "good"
    assert "broken" not in names


@pytest.mark.parametrize("name", ["Big-Basket", "big2"])
def test_a_name_that_could_not_be_switched_off_is_refused(install: Install, name: str, expected_logs: LogWatch) -> None:
    expected_logs("plugin_name_unusable")
    install("odd_package", "class Plugin: pass", f"{name} = odd_package:Plugin")
    assert installed_plugins() == ()


def test_of_two_with_one_name_the_first_is_taken(install: Install, expected_logs: LogWatch) -> None:
    expected_logs("source=second_package:Plugin event=plugin_name_unusable")
    for module in ("second_package", "first_package"):
        install(module, "class Plugin: pass", f"twice = {module}:Plugin")
    ((_name, plugin),) = installed_plugins()
    assert type(plugin).__module__ == "first_package"


class AsksTooMuch:
    @hookimpl
    def sale_completed(self, sale: object, the_till: object) -> None:
        raise AssertionError("called")


class Plain:
    pass


def test_a_hook_with_wrong_arguments_or_a_taken_name_is_left_out(expected_logs: LogWatch) -> None:
    expected_logs("plugin=greedy .*plugin_left_out", "plugin=ours .*plugin_left_out")
    runner = PluginRunner(
        {"ours": Plain()}, {"greedy": AsksTooMuch(), "ours": Plain(), "good": Plain()}, lambda _: True
    )
    assert runner.names() == ("ours", "good")
    runner.tell("sale_completed", sale=None)
    runner.stop()
