"""Try the explainers of other libraries against the laws of ``helpers.explain.check_explainer``.

``python data_scripts/check_libraries.py`` tries every library that is installed and writes
``book/laws.csv``, a row for each library, method and law; rows of libraries that are not installed
here stay as they are. torchcam and lxt need an environment of their own:

    uv venv other && uv pip install --python other torch==2.10.0 torchvision==0.25.0 torchcam lxt pandas
"""

import argparse
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import torch
from tqdm.auto import tqdm

from data_scripts.libraries import LIBRARIES, version_of
from helpers.explain import check_explainer
from helpers.explain.laws import networks

TABLE = Path(__file__).parents[1] / "book" / "laws.csv"
MODULES = {"grad-cam": "pytorch_grad_cam"}


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--libraries", nargs="*", default=list(LIBRARIES), choices=list(LIBRARIES))
    parser.add_argument("--table", type=Path, default=TABLE, help="the table to write")
    arguments = parser.parse_args(given)
    chosen = arguments.libraries
    for library in chosen:
        if find_spec(MODULES.get(library, library)):
            keep(laws_of(library), arguments.table)


def keep(found: pd.DataFrame, path: Path) -> None:
    """Write the rows of a library into the table, in place of those that it had there."""
    if path.exists():
        known = pd.read_csv(path, dtype=str, keep_default_na=False)
        found = pd.concat([known[~known.library.isin(found.library)], found])
    found.sort_values("library", kind="stable").to_csv(path, index=False)


def laws_of(library: str) -> pd.DataFrame:
    """Every method of a library against every law.

    Parameters
    ----------
    library : str
        A name in ``LIBRARIES`` that is installed.

    Returns
    -------
    DataFrame
        Columns library, version, method, law, passed, figure, note; all of them text.
    """
    model = transformer() if library == "lxt" else networks.Small()
    images = networks.pictures(3, 32, 32) if library == "lxt" else networks.pictures(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainers = LIBRARIES[library][1]()
    reports = []
    for method, (explainer, promises) in tqdm(explainers.items(), desc=library):
        report = check_explainer(explainer, model, images, 1, promises)
        reports.append(report.assign(library=library, version=version_of(library), method=method))
    found = pd.concat(reports)
    found["figure"] = found.figure.map("{:.3g}".format, na_action="ignore").fillna("")
    found["passed"] = found.passed.map({True: "yes", False: "no"}).fillna("")
    found["note"] = found.note.str.slice(0, 160)
    return found[["library", "version", "method", "law", "passed", "figure", "note"]]


def transformer() -> torch.nn.Module:
    """A small vision transformer with random weights, for the library that is made for them."""
    from torchvision.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    model = VisionTransformer(32, 8, 2, 2, 32, 64, num_classes=3)
    torch.nn.init.normal_(model.heads.head.weight)
    return model.eval()


if __name__ == "__main__":
    main()
