"""The demo's organisations and people hold together."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest

from server.demo.agenda import RESTRICTED_READERS
from server.demo.people import DEMO_TILES, ROLES, people, person
from server.demo.province import LEVEL_NAMES, Profile, organisations, slug


@pytest.mark.parametrize(
    ("profile", "districts", "communes"),
    [(Profile.THREE_TIER, 15, 188), (Profile.TWO_TIER, 0, 100)],
)
def test_the_province_has_its_districts_and_communes(
    profile: Profile, districts: int, communes: int
) -> None:
    levels = Counter(organisation.level for organisation in organisations(profile))
    assert levels["province"] == 1
    assert levels["district"] == districts
    assert levels["commune"] == communes
    assert set(levels) <= set(LEVEL_NAMES)


@pytest.mark.parametrize("profile", list(Profile))
def test_keys_and_names_are_unique_and_parents_come_first(profile: Profile) -> None:
    seen: set[str] = set()
    for organisation in organisations(profile):
        assert organisation.key not in seen
        assert organisation.parent_key is None or organisation.parent_key in seen
        assert unicodedata.is_normalized("NFC", organisation.name)
        seen.add(organisation.key)
    names = [organisation.name for organisation in organisations(profile)]
    assert len(set(names)) == len(names)


def test_in_two_tiers_communes_stand_directly_under_the_province() -> None:
    tree = {found.key: found for found in organisations(Profile.TWO_TIER)}
    communes = [found for found in tree.values() if found.level == "commune"]
    assert {tree[str(found.parent_key)].level for found in communes} == {"province"}
    assert {found.name.split()[0] for found in communes} == {"Xã", "Phường", "Đặc"}


def test_a_slug_has_no_marks() -> None:
    assert slug("Đồng Mạ") == "dong-ma"
    assert slug("Nông trường Ba Tri Đồi") == "nong-truong-ba-tri-doi"


@pytest.mark.parametrize("profile", list(Profile))
def test_people_belong_to_units_and_cover_all_roles(profile: Profile) -> None:
    keys = {organisation.key for organisation in organisations(profile)}
    found = people(profile)
    assert 55 <= len(found) <= 70
    assert len({account.username for account in found}) == len(found)
    assert {account.organisation_key for account in found} <= keys
    assert {role for account in found for role in account.roles} == set(ROLES)
    for account in found:
        assert unicodedata.is_normalized("NFC", account.full_name)
        assert account.address or account.roles == ("site",)


def test_both_profiles_have_the_same_usernames() -> None:
    three, two = people(Profile.THREE_TIER), people(Profile.TWO_TIER)
    assert [account.username for account in three] == [account.username for account in two]


def test_names_sort_by_the_given_name_and_some_are_long() -> None:
    persons = [account for account in people() if account.address]
    longest = max(persons, key=lambda account: len(account.full_name.split()))
    assert longest.full_name == "Nguyễn Trần Hoàng Phương Thảo Nguyên"
    assert longest.given_name == "Nguyên"


def test_tiles_lead_to_accounts_of_their_roles() -> None:
    roles = {key: person(username).roles for key, username in DEMO_TILES}
    assert len(DEMO_TILES) == 8
    assert "chair" in roles["chair"]
    assert "secretariat" in roles["secretary"]
    assert "delegate" in roles["delegate"]
    assert "delegate" in roles["second_delegate"]
    assert "approver" in roles["approver"]
    assert roles["guest"] == ("guest",)
    assert "system_admin" in roles["admin"]
    assert "operator" in roles["operator"]


def test_the_two_delegates_of_the_tiles_differ_in_what_they_may_read() -> None:
    tiles = dict(DEMO_TILES)
    assert tiles["delegate"] not in RESTRICTED_READERS
    assert tiles["second_delegate"] in RESTRICTED_READERS
