"""No secret is shown, and none is lost when a masked configuration comes back from an editor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.configs.masking import (
    MASK,
    mask,
    mask_json,
    mask_text,
    secret_name,
    secret_spans,
)
from owtui.engine.configs.unmasking import unmask
from owtui.errors import InputError

SECRET_NAMES = (
    "key key1 key4 password psk private_key preshared_key auth_secret acct_secret secret "
    "dae_secret sae_password wpa_passphrase priv_key_pwd r0kh shared_secret pvt_key_ab12 "
    "key_contents_ab wifiKey guest_password_2 pin wps_pin pincode wepkey api_key auth_token "
    "community"
)
PLAIN_NAMES = (
    "public_key pub_key_ab key_path_ab key_type PasswordAuth RootPasswordAuth wpa_psk_file "
    "ft_psk_generate_local key_mgmt key_direction wpa_group_rekey ssid identity username cert "
    "hostname keyboard passthrough bypass auth monkey token_type ipaddr key_file"
)
KEY = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nAAAA\nBBBB\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_names_of_secrets(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize("name", PLAIN_NAMES.split())
def test_names_of_what_may_be_shown(name: str) -> None:
    assert not secret_name(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wpa_passphrase=open sesame\n", f"wpa_passphrase={MASK}\n"),
        ("# psk='old'\n", f"# psk='{MASK}'\n"),
        ("\toption key 'it'\\''s'\n", f"\toption key '{MASK}'\n"),
        ("#\tlist password two words\n", f"#\tlist password {MASK}\n"),
        ('{"a": 1, "password": "x\\"y", "b": 2}', f'{{"a": 1, "password": "{MASK}", "b": 2}}'),
        ("secret: abc\nname: x", f"secret: {MASK}\nname: x"),
        ("export TOKEN=abc; echo", f"export TOKEN={MASK}"),
        ("get https://me:pw@host/x", f"get https://me:{MASK}@host/x"),
        ("root:$1$ab$cd.ef/:0:0", f"root:{MASK}:0:0"),
        (f"a\n{KEY}\nb", f"a\n{MASK}\nb"),
        (KEY[:60], MASK),
        ("key=/etc/uhttpd.key", "key=/etc/uhttpd.key"),
        ("key={{ wifi_key }}", "key={{ wifi_key }}"),
        ("password=", "password="),
        ("ssid=Lab\nkey_mgmt=WPA-PSK", "ssid=Lab\nkey_mgmt=WPA-PSK"),
    ],
)
def test_secrets_in_files_are_hidden_and_nothing_else(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_uci_is_printed_anew_without_secrets_and_comments() -> None:
    text = "config wifi-iface 'w'\n\toption ssid Lab\n\toption key \"a\nb\" # key was c\n"
    assert mask(text) == f"config wifi-iface 'w'\n\toption ssid 'Lab'\n\toption key '{MASK}'\n\n"
    assert mask(f"package wireless\n{text}").startswith("package wireless\n\nconfig wifi-iface")
    assert mask("config a\n\toption key 'open\n") == f"config a\n\toption key {MASK}\n"


def test_a_capture_shows_no_key(shared_data: Path) -> None:
    text = (shared_data / "openwrt/uci-export-wireless.txt").read_text()
    assert text.count("labwifikey") == 2
    shown = mask(text)
    assert "labwifikey" not in shown
    assert shown == text.replace("labwifikey", MASK)


def test_netjson_is_masked_by_its_keys() -> None:
    config = {
        "interfaces": [
            {
                "name": "wlan0",
                "wireless": {"ssid": "Lab", "encryption": {"key": "hush", "protocol": "psk2"}},
            },
            {"name": "wg0", "private_key": "abc=", "public_key": "def="},
        ],
        "rpcd": [{"config_name": "login", "password": "x", "pin": 1234, "token": None}],
        "openvpn": [{"key": "/etc/x509/key.pem", "secret": ""}],
        "files": [{"path": "/k.pem", "contents": KEY}, {"path": "/a", "contents": "a\npsk=b\n"}],
        "key": ["a", "{{ b }}"],
    }
    assert mask_json(config) == {
        "interfaces": [
            {
                "name": "wlan0",
                "wireless": {"ssid": "Lab", "encryption": {"key": MASK, "protocol": "psk2"}},
            },
            {"name": "wg0", "private_key": MASK, "public_key": "def="},
        ],
        "rpcd": [{"config_name": "login", "password": MASK, "pin": MASK, "token": None}],
        "openvpn": [{"key": "/etc/x509/key.pem", "secret": ""}],
        "files": [
            {"path": "/k.pem", "contents": MASK},
            {"path": "/a", "contents": f"a\npsk={MASK}\n"},
        ],
        "key": [MASK, "{{ b }}"],
    }
    assert unmask(mask_json(config), config) == config


def test_secrets_come_back_around_what_was_edited() -> None:
    original = {
        "interfaces": [{"name": "a", "key": "1"}, {"name": "b", "key": "2"}],
        "files": [{"path": "/x", "contents": f"psk=one\n{KEY}\npassword=two\nend\n"}],
    }
    edited: dict[str, Any] = mask_json(original)
    # Turned round, one of them changed, one new; lines of the file moved and doubled.
    edited["interfaces"] = [
        {"name": "b", "key": MASK, "new": True},
        {"name": "c", "key": "3"},
        {"name": "a", "key": MASK},
    ]
    edited["files"][0]["contents"] = f"password={MASK}\nnew\n{MASK}\npassword={MASK}\npsk=mine\n"
    assert unmask(edited, original) == {
        "interfaces": [
            {"name": "b", "key": "2", "new": True},
            {"name": "c", "key": "3"},
            {"name": "a", "key": "1"},
        ],
        "files": [
            {
                "path": "/x",
                "contents": f"password=two\nnew\n{KEY}\npassword=two\npsk=mine\n",
            }
        ],
    }


def test_a_renamed_element_and_an_edited_line_keep_their_secrets() -> None:
    original = {"l": [{"name": "a", "key": "1"}], "contents": "x psk=one\n"}
    edited = {"l": [{"name": "z", "key": MASK}], "contents": f"y psk={MASK}\n"}
    assert unmask(edited, original) == {"l": [{"name": "z", "key": "1"}], "contents": "y psk=one\n"}


@pytest.mark.parametrize(
    ("edited", "place"),
    [
        ({"a": {"key": MASK}}, "#/a/key"),
        ({"ssid": MASK}, "#/ssid"),
        ({"contents": f"a={MASK}\nb={MASK}"}, "#/contents"),
        ({"l": [{"name": "x", "key": MASK}, {"name": "y", "key": MASK}]}, "#/l/0/key"),
    ],
)
def test_a_mark_without_a_secret_is_refused_with_its_place(edited: Any, place: str) -> None:
    original = {"ssid": "x", "contents": "psk=one\n", "l": [{"name": "a", "key": "s"}]}
    with pytest.raises(InputError, match=f"{place} stands for no secret"):
        unmask(edited, original)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("psk=a\nkey=b"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "key", "password", "contents", "ssid"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_what_was_not_edited_is_what_it_was(config: Any) -> None:
    assert unmask(mask_json(config), config) == config


@given(st.text(max_size=60) | st.text("key= :'\"\n•a{}", max_size=40))
def test_spans_are_in_order_and_a_masked_text_holds_no_secret(text: str) -> None:
    spans = secret_spans(text)
    ends = [place for span in spans for place in span]
    assert ends == sorted(ends)
    assert all(shown == MASK for shown in secrets_of(mask_text(text)))


def secrets_of(text: str) -> list[str]:
    """The secrets of a text."""
    return [text[start:end] for start, end in secret_spans(text)]
