"""to_torch and back by from_torch: the same outputs and gradients; schedules and optimisers against PyTorch at work."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.gpt import with_stepgrad, work

import nn
from autograd import Value, as_value, mean, total
from nn.activations import ACTIVATIONS
from nn.command.gpt import tokens_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed: python -m pip install 'stepgrad[torch]'")

from benchmarks.gpt import with_torch  # noqa: E402  # it needs PyTorch


def layer(nin, nout, activation="tanh"):
    return nn.Layer(nin, nout, activation=activation, rng=random.Random(nin * 10 + nout))


MODELS = {
    "MLP": lambda: nn.MLP(3, [5, 4, 2], activation="tanh", seed=1),
    "one output": lambda: nn.MLP(3, [5, 1], activation="relu", output_activation="sigmoid", seed=1),
    "neuron": lambda: nn.Neuron(3, activation="silu"),
    "blocks": lambda: nn.Sequential(
        layer(3, 6), nn.Residual(nn.LayerNorm(6, eps=1e-3), layer(6, 6, "gelu"), nn.Dropout(0.5)), layer(6, 2, "linear")
    ),
    "scaled": lambda: nn.Sequential(
        nn.Standardize([[1.0, -2.0, 5.0], [3.0, 7.0, 5.0]]), layer(3, 2), nn.Standardize([[1, 300], [4, 500]]).inverse()
    ),
    "used twice": lambda: (lambda inner: nn.Sequential(layer(3, 4), inner, inner, layer(4, 1)))(layer(4, 4)),
    "RMSNorm": lambda: nn.Sequential(layer(3, 5), nn.RMSNorm(5, eps=1e-3), nn.RMSNorm(), layer(5, 2, "linear")),
    **{name: lambda name=name: nn.MLP(3, [6, 1], activation=name, seed=2) for name in ACTIVATIONS},
}


def in_torch_order(model):
    """The gradients of a converted model, as the parameters of ours come."""
    rows = []
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            for w, b in zip(module.weight.grad.tolist(), module.bias.grad.tolist(), strict=True):
                rows += [*w, b]
        elif isinstance(module, torch.nn.LayerNorm):
            rows += [*module.weight.grad.tolist(), *module.bias.grad.tolist()]
        elif isinstance(module, (torch.nn.RMSNorm, torch.nn.Embedding)):
            rows += module.weight.grad.flatten().tolist()
    return rows


@pytest.mark.parametrize("name", MODELS)
def test_outputs_and_gradients_are_the_same(name):
    rng = random.Random(name)
    model = MODELS[name]().eval()
    for parameter in model.parameters():
        parameter.data += rng.gauss(0, 0.1)
    X = [[rng.gauss(0, 2) for _ in range(3)] for _ in range(7)]
    ours = [nn.modules.as_list(model(row)) for row in X]
    twin = nn.to_torch(model)
    theirs = twin(torch.tensor(X, dtype=torch.float64))
    assert theirs.dtype == torch.float64
    assert [[y.data for y in row] for row in ours] == [
        pytest.approx(row, rel=1e-12, abs=1e-12) for row in theirs.tolist()
    ]
    total(y * y for row in ours for y in row).backward()
    (theirs**2).sum().backward()
    assert [p.grad for p in model.parameters()] == pytest.approx(in_torch_order(twin), rel=1e-12, abs=1e-12)


def test_an_embedding_looks_up_the_same_rows_and_gives_them_the_same_gradients():
    model = nn.Sequential(nn.Embedding(6, 4, seed=1), nn.RMSNorm(), layer(4, 2))
    X = [[2.0], [5.0], [2.0], [0.0]]  # one row twice, others not at all
    twin = nn.to_torch(model)
    theirs = twin(torch.tensor(X))
    ours = [model(row) for row in X]
    assert [[y.data for y in row] for row in ours] == [pytest.approx(row, rel=1e-12) for row in theirs.tolist()]
    assert theirs.tolist() == twin(torch.tensor(X).long()).tolist()
    total(y * y for row in ours for y in row).backward()
    (theirs**2).sum().backward()
    assert [p.grad for p in model.parameters()] == pytest.approx(in_torch_order(twin), rel=1e-12, abs=1e-12)


def test_the_gradients_of_a_gpt_over_names_of_mixed_lengths_are_those_of_pytorch():
    own = work.names(layers=2, width=8, count=1)
    model = with_stepgrad.new_model(own)
    rng = random.Random(1)
    for p in model.parameters():
        p.data += rng.gauss(0.0, 0.3)
    names = [*map(tokens_of, ["jo", "anna", "christopher", "abcdefghijklmnopqrs", "anna"])]
    loss = mean([nn.cross_entropy(model(tokens), targets) for tokens, targets in names])
    loss.backward()

    theirs = with_torch.new_parameters(replace(own, parameters=np.array([p.data for p in model.parameters()])))
    losses = [with_torch.loss_of(own.settings, theirs, *map(torch.tensor, name)) for name in names]
    torch.stack(losses).mean().backward()
    assert loss.data == pytest.approx(torch.stack(losses).mean().item(), rel=1e-13)
    flat = [x for tensor in theirs for x in tensor.grad.flatten().tolist()]
    assert [p.grad for p in model.parameters()] == pytest.approx(flat, rel=1e-12, abs=1e-14)


def test_a_copy_learns_on_its_own_and_keeps_its_mode_and_what_is_frozen():
    model = nn.Sequential(layer(2, 3).freeze(), nn.Dropout(0.4).eval(), layer(3, 1))
    before = model.state_dict()
    twin = nn.to_torch(model)
    assert (twin.training, twin[1].training, twin[1].p) == (True, False, 0.4)
    assert [p.requires_grad for p in twin.parameters()] == [False, False, True, True]
    with torch.no_grad():
        next(twin.parameters()).zero_()
    assert model.state_dict() == before


class Own(nn.Module):
    def forward(self, x):
        return x


def shared():
    model = nn.MLP(2, [2, 1])
    model.layers[0].neurons[0].w[0] = model.layers[0].neurons[1].w[0]
    return model


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (Own, TypeError, "to_torch knows Neuron, Layer, .*Embedding.* is none of them: write it as a torch.nn.Module"),
        (lambda: nn.Sequential(nn.Layer(1, 1), lambda x: x), TypeError, "function.* is none of them"),
        (lambda: nn.Layer(1, 1, activation=lambda v: v * v), TypeError, "one activation, given by its name"),
        (shared, ValueError, "some neurons share parameters"),
    ],
)
def test_what_has_no_counterpart_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        nn.to_torch(make())


# --- and back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_what_went_to_pytorch_comes_back_the_same(name):
    rng = random.Random(name)
    model = MODELS[name]().eval()
    back = nn.from_torch(nn.to_torch(model))
    assert not back.training
    assert [p.data for p in back.parameters()] == [p.data for p in model.parameters()]
    for _ in range(5):
        row = [rng.gauss(0, 2) for _ in range(3)]
        outputs, again = (nn.modules.as_list(m(row)) for m in (model, back))
        assert [y.data for y in again] == [y.data for y in outputs]


def tied():
    first, second = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3, bias=False)
    second.weight = first.weight
    return torch.nn.Sequential(first, torch.nn.Tanh(), second, torch.nn.ReLU(), first, torch.nn.Sigmoid())


TORCH_MODELS = {
    "plain": lambda: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)),
    "nested": lambda: torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Sequential(torch.nn.ELU(0.5))),
        torch.nn.LayerNorm(4), torch.nn.Dropout(0.3), torch.nn.Identity(), torch.nn.Linear(4, 1, bias=False),
    ),
    "settings": lambda: torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.LeakyReLU(0.3), torch.nn.RMSNorm(4, eps=1e-4), torch.nn.Linear(4, 2),
        torch.nn.Softplus(),
    ),
    "without affine": lambda: torch.nn.Sequential(torch.nn.LayerNorm(3, elementwise_affine=False)),
    "a layer": lambda: torch.nn.Linear(3, 1),
    "nothing": torch.nn.Identity,
    "tied": tied,
}  # fmt: skip


@pytest.mark.parametrize("name", TORCH_MODELS)
def test_a_model_of_pytorch_is_read_and_learns_the_same(name):
    torch.manual_seed(1)
    theirs = TORCH_MODELS[name]().eval()
    ours = nn.from_torch(theirs)
    X = torch.randn(6, 3, dtype=torch.float64)
    outputs = [[*map(as_value, nn.modules.as_list(ours(row)))] for row in X.tolist()]
    theirs = theirs.double()
    expected = theirs(X)
    assert [[y.data for y in row] for row in outputs] == [
        pytest.approx(row, rel=1e-8, abs=1e-8) for row in expected.tolist()
    ]
    wanted = [p for p in theirs.parameters() if p.requires_grad]
    mine = [p for p in ours.parameters() if p.requires_grad]
    assert len(mine) == sum(p.numel() for p in wanted)
    if wanted:
        total(y * y for row in outputs for y in row).backward()
        (expected**2).sum().backward()
        assert sorted(p.grad for p in mine) == pytest.approx(
            sorted(x for p in wanted for x in p.grad.flatten().tolist()), rel=1e-7, abs=1e-7
        )


def test_indexes_are_looked_up_and_what_is_frozen_stays_so():
    theirs = torch.nn.Sequential(torch.nn.Embedding(5, 3), torch.nn.Linear(3, 2))
    theirs[0].weight.requires_grad = False
    ours = nn.from_torch(theirs)
    assert [y.data for y in ours(4)] == pytest.approx(theirs(torch.tensor(4)).tolist(), rel=1e-5)
    assert sum(p.requires_grad for p in ours.parameters()) == 8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: torch.nn.Conv1d(1, 1, 1), "from_torch knows Linear, .* Conv1d.* is none of them"),
        (lambda: torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Bilinear(1, 1, 1)), "1: Bilinear"),
        (
            lambda: torch.nn.Sequential(torch.nn.LayerNorm(2), torch.nn.LeakyReLU(0.3)),
            "1 is an activation with a setting of its own, .* no Linear",
        ),
        (lambda: torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.GELU("tanh")), "gelu has no such setting"),
        (lambda: torch.nn.Sequential(torch.nn.LayerNorm((2, 2))), "is over several axes"),
        (lambda: nn.MLP(1, [1]), r"from_torch knows .* MLP.* is none of them"),
    ],
)
def test_what_has_no_counterpart_here_is_refused(make, message):
    with pytest.raises(TypeError, match=message):
        nn.from_torch(make())


@pytest.mark.parametrize("name", ["ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softplus"])
def test_an_activation_behind_a_norm_comes_as_a_function(name):
    parts = [torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), getattr(torch.nn, name)(), torch.nn.Linear(4, 2)]
    theirs = torch.nn.Sequential(*parts).double()
    ours = nn.from_torch(theirs)
    X = np.random.default_rng(1).normal(size=(5, 3))
    assert nn.predict(ours, X) == pytest.approx(theirs(torch.tensor(X)).detach().numpy(), rel=1e-9)


@pytest.mark.parametrize("name", ["blocks", "scaled", "RMSNorm"])
def test_a_whole_module_is_pickled_and_comes_back(name, tmp_path):
    theirs = nn.to_torch(MODELS[name]()).eval()
    torch.save(theirs, tmp_path / "whole.pt")
    copy = torch.load(tmp_path / "whole.pt", weights_only=False)
    x = torch.tensor([[0.3, -1.0, 2.0]], dtype=torch.float64)
    assert torch.equal(copy(x), theirs(x))
    assert [*copy.state_dict()] == [*theirs.state_dict()]


# --- optimisers and schedules against PyTorch at work ----------------------------------------------------------

SCHEDULES = {
    "step": (nn.StepDecay(5, 0.5), lambda o: torch.optim.lr_scheduler.StepLR(o, 5, 0.5)),
    "exponential": (nn.ExponentialDecay(0.9), lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9)),
    "cosine": (nn.CosineDecay(12, 0.01), lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 12, 0.01)),
    "warm-up": (nn.Warmup(6, start=0.1), lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=6)),
    "plateau": (
        nn.ReduceOnPlateau(0.5, patience=1, threshold=0.1),
        lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1, threshold=0.1),
    ),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_training_by_fit_is_that_of_pytorch(name, compiled):
    """Adam with l1 and l2 penalties, gradients clipped by norm, under each schedule."""
    ours, theirs = SCHEDULES[name]
    model = nn.MLP(2, [4, 1], activation="tanh", seed=1)
    twin = nn.to_torch(model)
    X, y = nn.datasets.moons(30, noise=0.1, seed=1)
    inputs = torch.tensor(X, dtype=torch.float64)
    targets = torch.tensor(y, dtype=torch.float64)
    optimizer = torch.optim.Adam(twin.parameters(), lr=0.1)
    schedule = theirs(optimizer)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(twin(inputs)[:, 0], targets)
        loss = loss + sum(1e-3 * p.abs().sum() + 1e-3 * (p * p).sum() for p in twin.parameters())
        loss.backward()
        norm = torch.sqrt(sum((p.grad**2).sum() for p in twin.parameters()))
        for p in twin.parameters():
            p.grad *= min(1.0, 0.2 / norm)  # clip_grad_norm_ adds 1e-6 to the norm
        optimizer.step()
        losses.append(loss.item())
        schedule.step(losses[-1]) if name == "plateau" else schedule.step()
    history = nn.fit(
        model, X, y, loss="bce_with_logits", optimizer=nn.Adam(model.parameters(), lr=0.1, clip_norm=0.2), epochs=20,
        l1=1e-3, l2=1e-3, schedule=ours, compiled=compiled,
    )  # fmt: skip
    assert history.loss == pytest.approx(losses, rel=1e-9)
    mine = [p.data for p in model.parameters()]
    flat = [x for m in twin.modules() if isinstance(m, torch.nn.Linear)
            for w, b in zip(m.weight.tolist(), m.bias.tolist(), strict=True) for x in (*w, b)]  # fmt: skip
    assert mine == pytest.approx(flat, abs=1e-9)


def test_the_blocks_are_those_of_pytorch_on_values():
    xs = [0.3, -1.2, 2.0]
    norm = torch.nn.LayerNorm(3, dtype=torch.float64)
    ours = [y.data for y in nn.LayerNorm(3)([Value(x) for x in xs])]
    assert ours == pytest.approx(norm(torch.tensor(xs, dtype=torch.float64)).tolist(), rel=1e-12)
