"""What lies in `sidecar/` fits what the package does."""

import ast
import re
import tomllib

import pytest

from shield.hosts.gateway import answers
from shield.hosts.settings import Settings, checked, load


@pytest.fixture(scope="module")
def folder(root):
    return root / "sidecar"


@pytest.fixture(scope="module")
def readme(folder):
    return (folder / "README.md").read_text("utf-8")


def names(kind):
    """Every setting, however deep."""
    for name, field in kind.model_fields.items():
        yield name
        for part in re.findall(r"settings\.(\w+)", repr(field.annotation)):
            import shield.hosts.settings as module

            inner = getattr(module, part)
            if hasattr(inner, "model_fields"):
                yield from names(inner)


def test_the_readme_names_every_setting(readme):
    assert [name for name in set(names(Settings)) if name not in readme] == []


def test_the_readme_names_every_answer_of_the_gateway(readme):
    codes = {p.code for p in vars(answers).values() if isinstance(p, answers.Problem)}

    assert {code for code in codes if f"`{code}`" not in readme} == {"internal_error"}


def test_the_settings_of_every_deployment_are_valid(folder):
    assert load(folder / "sidecar.toml").upstreams
    assert load(folder / "compose.toml").tokens
    manifest = (folder / "k8s" / "sidecar.yaml").read_text("utf-8")
    block = re.search(r"sidecar\.toml: \|\n((?:    .*\n|\n)+)", manifest)[1]
    inner = Settings.model_validate(tomllib.loads(re.sub(r"(?m)^    ", "", block)))
    checked(inner)
    assert inner.serve.linger_seconds + inner.serve.drain_seconds < int(
        re.search(r"terminationGracePeriodSeconds: (\d+)", manifest)[1]
    )


def test_containers_run_as_nobody_on_a_read_only_root(folder):
    image = (folder / "Containerfile").read_text("utf-8")
    compose = (folder / "compose.yaml").read_text("utf-8")
    manifest = (folder / "k8s" / "sidecar.yaml").read_text("utf-8")

    assert re.search(r"(?m)^USER 65532", image)
    assert compose.count("read_only: true") == compose.count("build:") == 2
    assert "readOnlyRootFilesystem: true" in manifest
    assert "runAsNonRoot: true" in manifest


def test_what_the_files_copy_and_mount_is_there(root, folder):
    image = (folder / "Containerfile").read_text("utf-8")
    copied = re.findall(r"(?m)^COPY ((?!--from).+) \S+$", image)
    mounted = re.findall(r"- (\./\S+?):", (folder / "compose.yaml").read_text("utf-8"))

    assert all((root / name).exists() for line in copied for name in line.split())
    assert mounted
    assert all((folder / name).exists() for name in mounted)


def test_the_application_is_three_lines(folder):
    tree = ast.parse((folder / "app.py").read_text("utf-8"))
    imports = [n for n in tree.body if isinstance(n, ast.ImportFrom) and "shield" in n.module]

    assert len(imports) + 1 == 3
    assert isinstance(tree.body[-1], ast.Assign)
