"""Curves along which a factor moves an embedding, on average over all other factors: splines in the factor.

A code that winds (a pitch in semitones) needs many degrees of freedom, a plain one is told best with few. So
their number is chosen on sounds that are left out of the fit.
"""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import BSpline
from shared.factors import ranks

FREEDOM = (1, 3, 6, 12, 24, 32)  # degrees of freedom of a factor's curve: a line, a cubic, cubic splines
ALONE = 1e-9  # 1 minus the leverage of a sound that a curve passes through
SOUNDS_PER_TERM = 24  # at least, in all curves together: for intervals they are fitted to quarters


class Curves(NamedTuple):
    """Functions of the factors, of which main effects are made."""

    terms: np.ndarray  # float (N, P); those of a factor are orthonormal over the sounds
    of: np.ndarray  # int (P,), the factor of each
    factors: int  # F

    def at(self, sounds):
        """The same at some sounds, int (n,)."""
        return self._replace(terms=self.terms[sounds])

    def sums(self, values):
        """Sums over the terms of each factor, float (F, ...). values: float (P, ...)."""
        return np.eye(self.factors)[self.of].T @ values


def curve(factor, freedom):
    """Functions of a factor's rank, float (N, freedom), centred and orthonormal over the sounds.

    With a constant they span the cubic splines of equal knots, or the lines. Polynomials of a high degree
    would explode in the gaps of a sample.
    """
    place = (2 * ranks(factor)[:, 0] - 1) / len(factor) - 1
    order = min(freedom, 3)
    knots = np.linspace(-1, 1, freedom - order + 2)
    knots = np.pad(knots, order, mode="edge")
    terms = BSpline.design_matrix(place, knots, order).toarray()
    return np.linalg.qr(np.column_stack([np.ones(len(place)), terms[:, 1:]]))[0][:, 1:] * len(place) ** 0.5


def curves(factors, freedom):
    """Curves of factors (N, F). freedom: int (F,), of each; 0 for one that does not vary."""
    terms = [curve(column, d) for column, d in zip(factors.T, freedom, strict=True) if d]
    return Curves(
        np.column_stack([np.empty((len(factors), 0)), *terms]),
        np.repeat(np.arange(len(freedom)), freedom),
        len(freedom),
    )


def cubics(factors):
    """Curves that are cubics, or simpler where a factor has few values."""
    return curves(factors, [min(3, len(np.unique(column)) - 1) for column in factors.T])


def chosen_freedom(gram, factors):
    """Degrees of freedom of each factor's curve, int (F,); 0 for a factor that does not vary.

    Those of FREEDOM whose curve, beside lines for all other factors, errs least on the embedding of sounds
    that are left out of the fit one by one. Of a sound that a curve passes through whatever its embedding is,
    the others tell nothing: the fewest such sounds come first. gram: (N, N), inner products; factors: (N, F).
    """
    N, F = factors.shape
    most = np.array([len(np.unique(column)) for column in factors.T]) - 1
    chosen = np.minimum(most, 1)
    for j in range(F):
        room = min(most[j], N // SOUNDS_PER_TERM - np.delete(chosen, j).sum())
        tried = sorted({min(freedom, max(room, chosen[j])) for freedom in FREEDOM})
        lines = np.where(np.arange(F) == j, 0, np.minimum(most, 1))
        errors = []
        for freedom in tried:
            terms = curves(factors, np.where(np.arange(F) == j, freedom, lines)).terms
            basis = np.linalg.qr(np.column_stack([np.ones(N), terms]))[0]
            products = basis.T @ gram
            explained = 2 * products.T - basis @ (products @ basis)
            residual = np.diagonal(gram) - (basis * explained).sum(axis=1)
            left = 1 - (basis**2).sum(axis=1)
            told = left > ALONE
            errors.append((np.count_nonzero(~told), (residual[told] / left[told] ** 2).sum()))
        chosen[j] = min(zip(errors, tried, strict=True))[1]
    return chosen
