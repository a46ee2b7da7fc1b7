"""Groups of devices with one change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.configs import diff
from owtui.engine.configs.diff import ConfigDiff
from owtui.engine.configs.grouping import group
from owtui.engine.configs.model import File


def change(old: str, new: str) -> ConfigDiff:
    """A change of one option of one Wi-Fi network."""

    def at(value: str) -> dict[str, File]:
        text = f"config wifi-iface 'w'\n\toption {value}\n"
        return {"/etc/config/wireless": File(text.encode())}

    return diff.compare(at(old), at(new))


CHANNEL = change("ssid 'a'", "ssid 'b'")


def test_a_thousand_devices_are_three_groups() -> None:
    kinds = [CHANNEL, change("ssid 'a'", "ssid 'c'"), ConfigDiff()]
    groups = group({n: kinds[0 if n % 2 else (1 if n % 4 else 2)] for n in range(1000)})
    assert [len(one.keys) for one in groups] == [500, 250, 250]
    assert groups[0].keys[:2] == (1, 3)
    assert groups[0].text.endswith("-   option ssid 'a'\n+   option ssid 'b'\n")


def test_different_secrets_are_different_changes_though_they_look_alike() -> None:
    groups = group({1: change("key 'a'", "key 'b'"), 2: change("key 'a'", "key 'c'")})
    assert len(groups) == 2
    assert groups[0].text == groups[1].text


def test_values_of_a_devices_own_variables_can_be_left_out_and_are_told() -> None:
    diffs = {n: change("ssid 'a'", f"ssid 'roof-{n}'") for n in range(1, 4)}
    variables = {n: {"ssid": f"roof-{n}", "same": "a", "flag": True} for n in diffs}
    assert len(group(diffs)) == 3
    (together,) = group(diffs, variables)
    assert together.keys == (1, 2, 3)
    assert together.variables == ("ssid",)
    assert "roof-1" in together.text


def test_a_short_value_is_replaced_only_as_a_whole() -> None:
    diffs = {n: change("ssid 'x'", f"ssid 'ap{n}a'") for n in (1, 2)}
    assert len(group(diffs, {1: {"n": 1}, 2: {"n": 2}})) == 2
    diffs = {n: change("ssid 'x'", f"ssid '{n}'") for n in (1, 2)}
    assert len(group(diffs, {1: {"n": 1}, 2: {"n": 2}})) == 1


values = st.sampled_from(["lan", "wan", "3", "roof-1"])
changes = st.builds(
    change,
    st.builds("ssid '{}'".format, values),
    st.builds("{} '{}'".format, st.sampled_from(["ssid", "key"]), values),
)


@given(st.lists(changes | st.just(ConfigDiff()), max_size=8), st.booleans())
def test_groups_are_a_partition(found: list[ConfigDiff], with_variables: bool) -> None:
    diffs = dict(enumerate(found))
    variables = {n: {"a": "lan", "b": n} for n in diffs} if with_variables else None
    groups = group(diffs, variables)
    assert sorted(key for one in groups for key in one.keys) == sorted(diffs)
    assert all(one.keys and one.diff == diffs[one.keys[0]] for one in groups)
