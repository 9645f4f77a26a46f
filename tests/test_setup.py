"""A reader's set-up holds together: lock, Makefile, conda, Binder and workflows say one thing.

All of this is read from the files, without a network.
"""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
DIRECT = "explaining-faces (pyproject.toml)"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(read("pyproject.toml"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
LINES = [
    *PROJECT["project"]["dependencies"],
    *(line for extra in EXTRAS.values() for line in extra),
]
DEPENDENCIES = [Requirement(line) for line in LINES]


def locked() -> list[tuple[Requirement, str]]:
    """Every requirement of the lock with the comment below it, which says who asked for it."""
    entries = re.findall(r"^([^\s#].*)\n((?: +#.*\n)*)", read("requirements.txt"), re.MULTILINE)
    return [(Requirement(line), comment) for line, comment in entries]


def pinned_version(requirement: Requirement) -> Version:
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not pinned"
    return Version(specifier.version)


@pytest.mark.parametrize("dependency", DEPENDENCIES, ids=lambda each: each.name)
def test_the_lock_satisfies_a_direct_dependency(dependency: Requirement) -> None:
    name = canonicalize_name(dependency.name)
    pins = [pinned_version(entry) for entry, _ in locked() if canonicalize_name(entry.name) == name]
    assert pins, f"{name} is not locked; run: make lock"
    assert all(pin in dependency.specifier for pin in pins), f"{name} is {pins}; run: make lock"


def test_the_lock_knows_no_direct_dependency_that_pyproject_does_not() -> None:
    asked_for = {canonicalize_name(entry.name) for entry, comment in locked() if DIRECT in comment}
    assert asked_for == {canonicalize_name(each.name) for each in DEPENDENCIES}, "run: make lock"


def test_the_lock_can_build_the_package_without_the_network() -> None:
    (backend,) = map(Requirement, PROJECT["build-system"]["requires"])
    (pin,) = [pinned_version(entry) for entry, _ in locked() if entry.name == backend.name]
    assert pin in backend.specifier


def test_the_lock_names_no_index_no_address_and_no_path() -> None:
    entries = locked()
    assert len(entries) > 100, "the lock was not read"
    assert all(entry.url is None for entry, _ in entries)
    assert not re.search(r"^\s*-|://|@ ", read("requirements.txt"), re.MULTILINE)


def test_the_lock_leaves_out_what_pyproject_excludes() -> None:
    excluded = PROJECT["tool"]["uv"]["exclude-dependencies"]
    assert {entry.name for entry, _ in locked()}.isdisjoint(excluded)


def test_torch_and_torchvision_are_a_pair() -> None:
    # Since torch 2.0, torchvision 0.(n + 15) belongs to torch 2.n; any other pair fails on import.
    pins = {entry.name: pinned_version(entry) for entry, _ in locked()}
    assert pins["torch"].major == 2
    assert (pins["torchvision"].major, pins["torchvision"].minor) == (0, pins["torch"].minor + 15)
    assert pins["torchvision"].micro == pins["torch"].micro


@pytest.mark.parametrize("dependency", LINES)
def test_a_direct_dependency_has_its_reason_beside_it(dependency: str) -> None:
    (beside,) = re.findall(
        rf'^  "{re.escape(dependency)}",(.*)$', read("pyproject.toml"), re.MULTILINE
    )
    assert re.fullmatch(r" +# \S.{4,}", beside), f"why {dependency}?"


def test_help_explains_every_command_of_the_makefile() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    explained = re.findall(r"^make ([a-z-]+) +\S+ ", shown.stdout, re.MULTILINE)
    assert explained == phony.split()
    assert {"lab", "test", "book", "check", "bench", "lock"} <= set(explained)


def plan(*arguments: str) -> str:
    """What make would run in a checkout that has no environment yet, without running it."""
    planned = ["make", "--dry-run", "VENV=.venv-that-is-not-there", *arguments]
    run = subprocess.run(planned, cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


@pytest.mark.parametrize("command", ["lab", "test", "book", "check", "bench", "lock"])
def test_a_command_sets_itself_up_on_first_use(command: str) -> None:
    steps = plan(command)
    assert steps.index("-m venv") < steps.index("-r requirements.txt") < steps.index("--editable .")


def test_the_cpu_route_asks_for_cpu_builds_in_the_locked_versions() -> None:
    steps = plan("lab", "TORCH=cpu")
    assert "--torch-backend=cpu" in steps
    assert "--constraints requirements.txt" in steps
    assert "-r requirements.txt" not in steps


def test_the_cpu_route_asks_tensorflow_for_no_extra() -> None:
    lines = read("requirements-cpu-overrides.txt").splitlines()
    (override,) = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert (override.name, override.extras) == ("tensorflow", set())


def test_an_unknown_build_of_torch_is_answered_with_a_sentence() -> None:
    assert "TORCH=gpu is not a choice" in plan("lab", "TORCH=gpu")


def test_binder_installs_what_the_cpu_route_installs() -> None:
    def options(text: str) -> list[str]:
        return re.findall(r"--(?:torch|over|const|all)\S+(?: [a-z-]+\.txt)?", text)

    assert options(read(".binder/postBuild")) == options(plan("install", "TORCH=cpu"))


def test_the_makefile_and_binder_use_one_version_of_uv() -> None:
    (version,) = re.findall(r"^UV_VERSION := (.*)$", read("Makefile"), re.MULTILINE)
    assert f"uv=={version}\n" in read(".binder/requirements.txt")


def test_conda_installs_the_lock_on_a_supported_python() -> None:
    *packages, pip = yaml.safe_load(read("environment.yml"))["dependencies"]
    (python,) = [each.split("=")[1] for each in packages if each.startswith("python=")]
    assert python in Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    assert "-r requirements.txt" in pip["pip"]


@pytest.mark.parametrize("name", ["ci", "book"])
def test_a_workflow_runs_pinned_actions_with_read_permission_only(name: str) -> None:
    workflow = yaml.safe_load(read(f".github/workflows/{name}.yml"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    actions = [step["uses"] for step in steps if "uses" in step]
    assert actions
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in actions)
    assert workflow["permissions"] == {"contents": "read"}
