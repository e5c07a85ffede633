import importlib

import pytest

import shield


def test_the_public_names_are_sorted_and_each_stands_once():
    assert shield.__all__ == sorted(set(shield.__all__))


@pytest.mark.parametrize("name", shield.__all__)
def test_a_public_name_can_be_imported_and_is_the_one_at_its_home(name):
    home = importlib.import_module(shield._HOMES[name])

    assert getattr(shield, name) is getattr(home, name)


def test_every_name_with_a_home_is_public():
    assert set(shield._HOMES) == set(shield.__all__)


def test_names_are_offered_for_completion():
    assert set(shield.__all__) <= set(dir(shield))


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Sheild'"):
        _ = shield.Sheild


def test_a_star_import_brings_all_public_names():
    space = {}
    exec("from shield import *", space)

    assert set(shield.__all__) <= set(space)


def test_the_version_is_that_of_the_package(root):
    assert f'version = "{shield.__version__}"' in (root / "pyproject.toml").read_text()
