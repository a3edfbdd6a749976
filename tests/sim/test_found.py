"""What the simulation has found, each for itself."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import zstandard

from central_api.bodies import _unpack
from central_api.problems import ApiProblem
from pos_desktop.storage import outbox
from sync.protocol import Collection
from tests.sim.day import Day
from tests.sim.invariants import gone
from tests.sim.server import Answer, new_database
from tests.sim.world import World, ruled_by

LIMIT = 1_000_000
CHECKSUM_BYTES = 4
"""Without these alone the content is whole."""


def test_a_byte_that_changed_on_the_way_is_damage_and_not_content() -> None:
    sent = b'{"batch":[' + b'"one of many facts",' * 200 + b'""]}'
    frame = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(sent)
    assert _unpack(frame, LIMIT) == sent
    for place in range(5, len(frame)):
        damaged = bytearray(frame)
        damaged[place] ^= 1
        with pytest.raises(ApiProblem) as caught:
            _unpack(bytes(damaged), LIMIT)
        assert caught.value.code == "damaged_body"


def test_a_frame_whose_end_is_missing_is_damage_and_not_content() -> None:
    frame = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(b"{}" * 5_000)
    for end in range(len(frame) - CHECKSUM_BYTES):
        with pytest.raises(ApiProblem) as caught:
            _unpack(frame[:end], LIMIT)
        assert caught.value.code == "damaged_body"


def test_a_request_that_arrives_damaged_parks_nothing(tmp_path: Path) -> None:
    with ruled_by(World(1)):
        day = quiet_day(tmp_path)
        till = day.tills[0]
        till.sell(None, "BURGER", 1, 0, card=False)
        day.line.rate = 0.0
        plain = day.server.handle

        def damaged(method: str, url: httpx.URL, headers: httpx.Headers, body: bytes) -> Answer:
            return plain(method, url, headers, body[:-9])

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(day.server, "handle", damaged)
            assert till.turn().error == "damaged_body"
        assert till.ask("SELECT count(*) FROM outbox WHERE state = 'parked'") == [(0,)]
        till.turn()
        assert till.ask("SELECT count(*) FROM outbox WHERE state <> 'acked'") == [(0,)]
        day.close()


def test_a_server_that_was_set_back_hears_again_of_what_it_refused(tmp_path: Path) -> None:
    with ruled_by(World(1)):
        day = quiet_day(tmp_path)
        till = day.tills[0]
        day.server.back_up()
        day.plant_poison(till)
        till.sell(None, "BURGER", 1, 0, card=False)
        till.turn()
        day.server.restore()
        till.turn()
        till.turn()
        with till.file.read() as connection:
            assert outbox.counts(connection).parked == 1
        marks = day.server.ask("SELECT high_water, largest FROM device_epochs WHERE device_epoch = :e", e=till.epoch)
        assert marks[0][0] == marks[0][1] > 1
        day.close()


def test_a_customer_who_was_looked_up_and_then_deleted_is_gone(tmp_path: Path) -> None:
    with ruled_by(World(1)):
        day = quiet_day(tmp_path)
        till = day.tills[0]
        till.till.save_lookup_settings(till.till.lookup_settings().__class__(cache_ttl_seconds=0))
        result = till.look_up("+491520000003")
        assert result is not None
        assert result.known is not None
        day.server.delete(Collection.CUSTOMERS, result.known.customer.id)
        till.turn()
        gone(till, [result.known.customer.id])
        day.close()


def quiet_day(folder: Path) -> Day:
    """A day without faults, whose tills have loaded the shop."""
    new_database()
    day = Day(World(1), folder)
    day.server.back_up()
    for till in day.tills:
        assert till.turn().error == ""
    return day
