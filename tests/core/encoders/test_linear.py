"""Linear layers that are laid out once compute what ordinary ones do."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from daf_core.encoders.linear import Linear

SIZES = st.integers(1, 70)


def layer(outputs: int, inputs: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of a size as trained layers have it."""
    return (torch.randn(outputs, inputs) / inputs**0.5).to(dtype), torch.randn(outputs).to(dtype)


@pytest.mark.parametrize(("dtype", "apart"), [(torch.float32, 1e-5), (torch.bfloat16, 0.04)])
@given(outputs=SIZES, inputs=SIZES, rows=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_any_sizes(dtype, apart, outputs, inputs, rows) -> None:
    torch.manual_seed(0)
    weight, bias = layer(outputs, inputs, dtype)
    hidden = torch.randn(2, rows, inputs).to(dtype)
    expected = functional.linear(hidden.float(), weight.float(), bias.float())
    found = Linear(weight, bias)(hidden)
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), expected, atol=apart, rtol=apart)


def test_where_nothing_can_be_laid_out_a_layer_is_an_ordinary_one() -> None:
    with torch.device("meta"):
        made = Linear(torch.empty(5, 3), torch.empty(5))
        assert made(torch.empty(2, 4, 3)).shape == (2, 4, 5)
