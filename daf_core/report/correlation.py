"""Pearson's correlation of two numbers of each row, summed part by part."""

import math
from dataclasses import dataclass

import numpy as np

from daf_core.report.charts import Floats

LEAST_ROWS = 4  # Fisher's interval divides by the root of rows - 3
NORMAL_95 = 1.96
LARGEST = 1 - 1e-9  # Fisher's transformation of 1 is infinite


@dataclass
class Correlation:
    """Means and sums of squares about them, joined by the formulas of Chan, Golub and LeVeque
    (1983, The American Statistician 37:242), which lose no digits where a mean is large.
    """

    rows: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    square_x: float = 0.0
    square_y: float = 0.0
    product: float = 0.0

    def add(self, x: Floats, y: Floats) -> None:
        """Add the rows of one part: x, y (rows,). Rows in which one is not finite are left out."""
        finite = np.isfinite(x) & np.isfinite(y)
        x, y = x[finite].astype(np.float64), y[finite].astype(np.float64)
        if not len(x):
            return
        rows = self.rows + len(x)
        off_x, off_y = float(x.mean()) - self.mean_x, float(y.mean()) - self.mean_y
        x, y = x - x.mean(), y - y.mean()
        both = self.rows * len(x) / rows
        self.square_x += float(x @ x) + off_x * off_x * both
        self.square_y += float(y @ y) + off_y * off_y * both
        self.product += float(x @ y) + off_x * off_y * both
        self.mean_x += off_x * len(x) / rows
        self.mean_y += off_y * len(x) / rows
        self.rows = rows

    @property
    def r(self) -> float | None:
        """In [-1, 1]; None where there are too few rows or one of the two does not vary."""
        spread = math.sqrt(self.square_x * self.square_y)
        if self.rows < LEAST_ROWS or not spread > 0:
            return None
        return min(1.0, max(-1.0, self.product / spread))

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of `r` by Fisher's transformation, which takes rows as independent."""
        if self.r is None:
            return None
        middle = np.arctanh(np.clip(self.r, -LARGEST, LARGEST))
        half = NORMAL_95 / (self.rows - 3) ** 0.5
        return float(np.tanh(middle - half)), float(np.tanh(middle + half))

    @property
    def deviation_x(self) -> float:
        """Standard deviation of x; 0 without rows."""
        return math.sqrt(self.square_x / max(1, self.rows))
