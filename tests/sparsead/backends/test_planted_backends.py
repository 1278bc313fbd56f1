"""check_backend passes a correct backend and catches every planted fault, by its sentence."""

from __future__ import annotations

import pytest

from sparsead.testing import check_backend, hard_problems
from tests.sparsead.backends import planted_backends as planted

FEW = [
    problem
    for problem in hard_problems()
    if problem.name in ("one unknown", "convection-diffusion", "indefinite shifted Laplacian", "complex general")
]
FACTORIZATIONS = {
    planted.TransposeIsPlain: r"solve\(b of shape \(1, \d+\), 'T'\) has backward error",
    planted.ConjugateForgotten: r"solve\(b of shape \(1, \d+\), 'H'\) has backward error",
    planted.SlightlyOff: "backward_stable is True, but the backward error is",
    planted.SolvesInPlace: "changed b",
    planted.ReturnsItsWorkspace: "twice gives one array",
    planted.ForgetsTheShape: "has shape",
    planted.LosesDigits: "backward error is|has dtype",
    planted.SharesAWorkspace: "in one of 4 threads is wrong",
    planted.WrongDeterminant: r"log_abs_det\(\) = .*, not",
    planted.WrongSign: r"phase\(\) = -1, not",
    planted.ShowsOtherFactors: r"shown\(\) multiplies to a matrix",
    planted.WrongInertia: r"inertia\(\) = .*, not",
    planted.NoBytes: "nbytes = 0",
}
ANALYSES = {
    planted.OverwritesFactors: "with several factorizations alive, solve 'N' is wrong",
    planted.KeepsValues: "keeps a reference to the values: they are not freed",
    planted.SolvesWithTheValues: "keeps a reference to the values: overwriting them shows",
    planted.ChangesValues: "factorize changed the values",
    planted.WrongColumn: r"NotPositiveDefiniteError.column = 72, but the pivot -1.0 stands in column 11",
    planted.TrustsTheUser: "of a matrix declared positive definite raised no error",
    planted.SilentOnSingular: "a singular matrix raised no error",
    planted.KeepsAll: "bytes are not given back",
    planted.DiesWithTheAnalysis: "after the analysis was dropped",
}


def test_a_correct_backend_passes():
    check_backend(planted.Inverse())


@pytest.mark.parametrize("made", FACTORIZATIONS, ids=lambda kind: kind.__name__)
def test_wrong_factorization_is_caught(made):
    with pytest.raises(AssertionError, match=FACTORIZATIONS[made]):
        check_backend(planted.wrong(made=made), FEW)


@pytest.mark.parametrize("analysis", ANALYSES, ids=lambda kind: kind.__name__)
def test_wrong_analysis_is_caught(analysis):
    with pytest.raises(AssertionError, match=ANALYSES[analysis]):
        check_backend(planted.wrong(analysis=analysis), FEW)
