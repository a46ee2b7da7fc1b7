"""Inventory files of each kind, as people have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from owtui.engine.inventory import ansible, csvfile, files, jsonfile, sshconfig
from owtui.engine.inventory.draft import Draft, Reading
from owtui.errors import InputError


def by_name(reading: Reading) -> dict[str, Draft]:
    return {draft.name: draft for draft in reading.drafts}


def only(reading: Reading) -> Draft:
    assert not reading.problems
    [draft] = reading.drafts
    return draft


# CSV and JSON


@pytest.mark.parametrize(
    "text",
    [
        "name,mac_address\nap-1,00:11:22:33:44:55\n",
        "\ufeffname;mac_address\r\nap-1;00:11:22:33:44:55\r\n",
        'Name\tMAC\n"ap-1"\t00:11:22:33:44:55',
        "MAC address | name\n00:11:22:33:44:55|ap-1\n\n\n",
    ],
)
def test_tables_of_every_spreadsheet_are_read(text: str) -> None:
    draft = only(csvfile.read(text))
    assert (draft.name, draft.mac_address, draft.line) == ("ap-1", "00:11:22:33:44:55", 2)


def test_a_quoted_cell_may_go_over_lines_and_lines_are_still_counted() -> None:
    reading = csvfile.read('name,notes\nap-1,"one\ntwo"\nap-2,x\n')
    assert [(d.name, d.notes, d.line) for d in reading.drafts] == [
        ("ap-1", "one\ntwo", 2),
        ("ap-2", "x", 4),
    ]


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "no header"),
        ("colour,size\nred,1\n", 1, "no header"),
        ("name,name\na,b\n", 1, "has name twice"),
        ("name,mac,mac_address\na,b,c\n", 1, "has mac_address twice"),
        ("name,mac\nap-1,x,y,z\n", 2, "4 cells, the header has 2"),
        ("name,mac\n,\nap-1,\n,x,\n,\n", 0, ""),
        ("name,port\nap-1,ssh\n", 2, "no port"),
        ("name,login\nap-1,magic\n", 2, "no kind of login"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(text: str, line: int, sentence: str) -> None:
    problems = csvfile.read(text).problems
    if not sentence:
        assert not problems
        return
    assert [(p.line, sentence in p.sentence) for p in problems] == [(line, True)]


def test_unknown_columns_are_named_and_openwisps_own_are_not() -> None:
    reading = csvfile.read("name,colour,config_status,created\nap-1,red,applied,2026\n")
    assert reading.ignored == ("colour",)


def test_the_street_in_openwisps_export_is_no_address_of_a_device() -> None:
    table = (
        'name,venue,address,coords,last_ip\nap-1,HQ,"Via Roma 1, Trento",POINT (1 2),192.0.2.7\n'
    )
    listed = '[{"name": "ap-1", "Address": "Trento", "last_ip": "192.0.2.7", "coords": null}]'
    for reading in (csvfile.read(table), jsonfile.read(listed)):
        assert (only(reading).address, only(reading).last_ip) == ("", "192.0.2.7")
        assert reading.ignored == ()
    assert only(csvfile.read("name,host,venue\nap-1,192.0.2.1,HQ\n")).address == "192.0.2.1"


def test_a_password_is_taken_as_it_stands() -> None:
    draft = only(csvfile.read("name,user,password\nap-1,root,  '=pass word \n"))
    assert draft.access.password is not None
    assert draft.access.password.reveal() == "  '=pass word "


def test_json_lists_and_numbers_are_texts() -> None:
    text = '[{"name": "ap-1", "tags": ["a", "b"], "port": 22, "legacy_host_keys": true, "x": 1}]'
    reading = jsonfile.read(text)
    draft = only(reading)
    assert (draft.tags, draft.access.port) == (("a", "b"), 22)
    assert draft.access.legacy_host_keys
    assert reading.ignored == ("x",)


@pytest.mark.parametrize(
    "text", ["{", "7", "{}", '["ap-1"]', '[{"name": {"a": 1}}]', "[" * 100_000, "9" * 5000]
)
def test_json_that_is_no_inventory_is_a_problem(text: str) -> None:
    reading = jsonfile.read(text)
    assert reading.problems and not reading.drafts


# OpenSSH


SSH = """
# the harbour
Host ap-1 roof-ap
  HostName 10.0.0.1
  ProxyJump jump
Host jump
  HostName=jump.example
  Port 2222
  User eva
Host ap-2 ap-3 !ap-4
  User "root"
  ProxyCommand ssh -q -W %h:%p jump
Host old
  HostKeyAlgorithms +ssh-rsa
  IdentityFile ~/.ssh/%n_rsa
  ProxyCommand connect %h
Match host ap-*
  Port 2022
Match exec "true"
  Port 1
Host *
  User admin
  Port 22
"""


def test_ssh_hosts_become_devices_by_the_rules_of_ssh() -> None:
    reading = sshconfig.read(SSH)
    found = by_name(reading)
    assert list(found) == ["ap-1", "jump", "ap-2", "ap-3", "old"]
    assert not reading.problems
    assert reading.ignored == ('Match exec "true"',)
    ap1, ap2 = found["ap-1"], found["ap-2"]
    assert (ap1.address, ap1.access.user, ap1.access.port) == ("10.0.0.1", "admin", 2022)
    assert ap1.access.jump == ("eva@jump.example:2222",)
    assert (ap2.address, ap2.access.user, ap2.access.login) == ("ap-2", "root", "agent")
    assert ap2.access.jump == ("eva@jump.example:2222",)


def test_old_host_keys_and_key_files_are_taken_and_other_proxies_are_not() -> None:
    old = by_name(sshconfig.read(SSH))["old"]
    assert old.access.legacy_host_keys
    assert (old.access.login, old.access.key_file) == ("key", "~/.ssh/old_rsa")
    assert "ProxyCommand" in old.skip


def test_jumps_chain_outermost_first_and_circles_end() -> None:
    text = "Host a\n ProxyJump b\nHost b\n ProxyJump eve@c:2200\nHost c\n HostName 10.0.0.9\n"
    assert by_name(sshconfig.read(text))["a"].access.jump == ("eve@10.0.0.9:2200", "root@b:22")
    assert "circle" in by_name(sshconfig.read("Host a\n ProxyJump a\n"))["a"].skip


def test_includes_are_followed_and_endless_ones_end() -> None:
    reading = sshconfig.read(
        "Include more\nHost *\n User admin\n",
        lambda name: ["Host ap-1\n HostName 10.0.0.1\nInclude more\n"] if name == "more" else [],
    )
    assert by_name(reading)["ap-1"].access.user == "admin"


# Ansible


INI = """
[roofs]
ap-[01:03].example ansible_host=10.0.0.1 ansible_user=root  # three of them
here ansible_connection=local
[yards]
yard-a:2222 ansible_password='se cret'
[yards:vars]
ansible_port=2200
ansible_ssh_common_args='-o ProxyJump=eva@jump:22'
[sites:children]
roofs
yards
[sites:vars]
ansible_user=admin
ansible_port=22
[all:vars]
ansible_port=1
"""


def test_ansible_ini_with_ranges_parents_and_variables() -> None:
    reading = ansible.read(INI)
    found = by_name(reading)
    assert not reading.problems
    names = ["ap-01.example", "ap-02.example", "ap-03.example", "here", "yard-a"]
    assert list(found) == names
    ap, yard = found["ap-01.example"], found["yard-a"]
    assert (ap.address, ap.access.user, ap.access.port) == ("10.0.0.1", "root", 22)
    assert (ap.group, ap.tags) == ("roofs", ("sites", "roofs"))
    assert (yard.access.port, yard.access.user) == (2200, "admin")
    assert yard.access.jump == ("eva@jump:22",)
    assert yard.access.password is not None and yard.access.password.reveal() == "se cret"
    assert "ansible_connection=local" in found["here"].skip


YAML = """
all:
  vars: {ansible_user: root}
  children:
    roofs:
      hosts:
        ap-1: {ansible_host: 10.0.0.1, ansible_port: 022}
        ap-2:
    secret:
      hosts:
        ap-3:
          ansible_password: !vault |
            $ANSIBLE_VAULT;1.1;AES256
        ap-4: {ansible_user: "{{ user }}"}
"""


def test_ansible_yaml_and_what_it_will_not_read() -> None:
    reading = ansible.read(YAML)
    found = by_name(reading)
    assert set(found) == {"ap-1", "ap-2"}
    assert (found["ap-1"].access.user, found["ap-1"].access.port) == ("root", 22)
    said = [problem.sentence for problem in reading.problems]
    assert any("encrypted with ansible-vault" in s and s.startswith("ap-3") for s in said)
    assert any("is a template" in s and s.startswith("ap-4") for s in said)


BOMB = "a0: &a0 {children: {}}\n" + "".join(
    f"a{n}: &a{n} {{children: {{x{n}: *a{n - 1}, y{n}: *a{n - 1}}}}}\n" for n in range(1, 40)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[a:children]\nb\n[b:children]\na\n[a]\nh\n", "contains itself"),
        ("[g]\nh[1:99999999]\n", "more than 20000"),
        ("[g]\nh[1:200][1:200]\n", "more than 20000"),
        ("[g]\nh[9:1]\n", "no range"),
        ("[g\nh\n", "no section"),
        ("[g]\nh 'x\n", "quote is not closed"),
        ("[g:vars]\nx\n", "name=value"),
        ("---\nall: [1, 2\n", "no YAML"),
        ("---\n- a\n", "begins with its groups"),
        ("---\nall: {hosts: [a]}\n", "table of names"),
        ("---\nall: &a {children: {b: *a}}\n", "nested too deep"),
        (f"---\n{BOMB}", "nested too deep"),
        ("".join(f"[g{n}:children]\ng{n + 1}\nh{n + 1}\n[h{n}:children]\ng{n + 1}\nh{n + 1}\n"
                 for n in range(40)) + "[g40]\nx\n", "far too much"),
    ],
)  # fmt: skip
def test_an_inventory_without_end_or_sense_is_refused(text: str, sentence: str) -> None:
    reading = ansible.read(text)
    assert [sentence in problem.sentence for problem in reading.problems] == [True]
    assert not reading.drafts


def test_variables_beside_the_inventory_are_laid_over_it(tmp_path: Path) -> None:
    (tmp_path / "group_vars" / "all").mkdir(parents=True)
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "group_vars" / "all" / "vars.yml").write_text("ansible_user: admin\n")
    (tmp_path / "group_vars" / "all" / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n33\n")
    (tmp_path / "group_vars" / "roofs.yml").write_text("ansible_port: 2200\nother: [1]\n")
    (tmp_path / "host_vars" / "ap-2.yml").write_text("ansible_host: 10.0.0.2\n")
    (tmp_path / "hosts").write_text("[roofs]\nap-1\nap-2 ansible_host=10.0.0.9\n[../../etc]\nx\n")
    reading = files.read(tmp_path / "hosts")
    found = by_name(reading)
    assert (found["ap-1"].access.user, found["ap-1"].access.port) == ("admin", 2200)
    assert found["ap-2"].address == "10.0.0.2"
    assert reading.ignored == ("group_vars/all/vault.yml (encrypted)",)


def test_bad_variables_beside_the_inventory_name_their_file(tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "roofs.yml").write_text("a: [1\n")
    (tmp_path / "hosts").write_text("[roofs]\nap-1\n")
    [problem] = files.read(tmp_path / "hosts").problems
    assert problem.sentence.startswith("group_vars/roofs.yml, line ")


# Files


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("fleet.csv", "", "csv"),
        ("fleet", "name;mac_address\n", "csv"),
        ("fleet", '[{"name": "a"}]', "json"),
        ("config", "Host a\n", "ssh"),
        ("hosts", "[group]\na\n", "ansible"),
        ("site.yml", "", "ansible"),
    ],
)
def test_the_kind_of_a_file_is_told_by_its_name_or_looks(name: str, text: str, kind: str) -> None:
    assert files.sniff(name, text) == kind


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fleet.csv").write_bytes(b"name\nap-1\n\xff\xfe")
    with pytest.raises(InputError, match=r"fleet\.csv is not UTF-8 \(line 3\)"):
        files.read(tmp_path / "fleet.csv")
    with pytest.raises(InputError, match="cannot be read"):
        files.read(tmp_path / "none.csv")


def test_private_keys_are_read_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("-----BEGIN KEY-----\n")
    (tmp_path / "fleet.csv").write_bytes(
        "name,user,key_file\nap-1,root,id\nap-2,root,gone\n".encode("utf-16")
    )
    reading = files.read(tmp_path / "fleet.csv")
    assert [draft.access.login for draft in reading.drafts] == ["key"]
    assert reading.drafts[0].access.private_key is not None
    assert [problem.line for problem in reading.problems] == [3]


@pytest.mark.parametrize("name", ["**x", "~nobody/x", "/", "", "n" * 300, "a\0b"], ids=repr)
def test_names_of_files_that_cannot_be_are_no_crash(tmp_path: Path, name: str) -> None:
    text = f"Include {name}\nHost ap-1\n  IdentityFile {name}\n"
    assert files.with_keys(files.parse(text, "ssh", tmp_path), tmp_path).problems
    text = f"[{name or 'x'}]\nap-1 ansible_ssh_private_key_file='{name or '/'}'\n"
    assert files.with_keys(files.parse(text, "ansible", tmp_path), tmp_path).problems


def test_includes_of_a_file_are_beside_it(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a").write_text("Host ap-1\n  HostName 10.0.0.1\n")
    (tmp_path / "config").write_text("Include conf.d/*\nInclude /nowhere/*\n")
    assert only(files.read(tmp_path / "config")).address == "10.0.0.1"
