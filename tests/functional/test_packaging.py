# SPDX-License-Identifier: Apache-2.0

"""What is shipped is whole: sdist, wheel, and both commands out of a clean environment."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.checkout import DEPENDENCIES, HANG, ROOT, run

VERSION = "42.0.1"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build as a release does: tag, a sdist of what git tracks, and a wheel of the sdist."""
    target = tmp_path_factory.mktemp("dist")
    source = target / "source"
    run("git", "clone", "-q", ROOT, source)
    run("git", "-C", source, "tag", VERSION)
    backend = "import sys, pbr.build as b; print(b.build_sdist(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", backend, target], cwd=source, check=True, timeout=HANG)
    (sdist,) = target.glob("*.tar.gz")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "-q")
    run(sys.executable, "-m", "pip", "wheel", *offline, "-w", target, sdist)
    return target


def test_the_version_is_that_of_the_tag(built: Path) -> None:
    names = {path.name for path in built.iterdir() if path.is_file()}
    assert names == {f"kuryrsctp-{VERSION}.tar.gz", f"kuryrsctp-{VERSION}-py3-none-any.whl"}


def test_the_sdist_holds_licence_readme_requirements_and_changes(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.rst", "requirements.txt", "setup.cfg", "pyproject.toml"} <= names
    assert {"AUTHORS", "ChangeLog"} <= names


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "kuryrsctp").rglob("*.py")}
    tracked = run("git", "-C", ROOT, "ls-files", "kuryrsctp").split()
    assert {name for name in names if name.endswith(".py")} == modules & set(tracked)
    assert "kuryrsctp/py.typed" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"kuryrsctp"}


def test_the_package_index_would_take_both(built: Path) -> None:
    files = [*built.glob("*.tar.gz"), *built.glob("*.whl")]
    assert run(sys.executable, "-m", "twine", "check", "--strict", *files).count("PASSED") == 2


def test_a_clean_environment_gets_both_commands(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    run(sys.executable, "-m", "venv", tmp_path)
    python = tmp_path / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel)
    assert "--bind" in run(tmp_path / "bin" / "kuryr-sctp-demo", "--help")

    # Its dependencies come from this environment, for the network may not be there.
    site = Path(run(python, "-c", "import site; print(site.getsitepackages()[0])").strip())
    (site / "dependencies.pth").write_text(DEPENDENCIES + "\n")
    openstack = "import sys; from openstackclient.shell import main; sys.exit(main())"
    shown = run(python, "-c", openstack, "kuryr", "sctp", "verify", "--help")
    assert "openstack kuryr sctp verify" in " ".join(shown.split())
    where = run(python, "-c", "import kuryrsctp; print(kuryrsctp.__file__)").strip()
    assert where.startswith(str(tmp_path))
