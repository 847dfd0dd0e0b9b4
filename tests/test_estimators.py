"""StepClassifier and StepRegressor among the tools of scikit-learn."""

from __future__ import annotations

import functools
import importlib.util
import pickle
import subprocess
import sys

import numpy as np
import pytest

import nn

HAS_SKLEARN = importlib.util.find_spec("sklearn") is not None
needs_sklearn = pytest.mark.skipif(not HAS_SKLEARN, reason='estimators need python -m pip install ".[sklearn]"')

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3)) * [1.0, 100.0, 0.01] + [5.0, 0.0, -1.0]
Z = (X - X.mean(axis=0)) / X.std(axis=0)
LABELS = np.array(["low", "middle", "high"])[np.digitize(Z[:, 0] + 0.5 * Z[:, 1], [-0.6, 0.6])]
HEIGHT = 1000.0 + 50.0 * (Z[:, 0] - Z[:, 1] * Z[:, 2])
Classifier = functools.partial(nn.StepClassifier, 16, random_state=0, epochs=60, lr=0.02)
Regressor = functools.partial(nn.StepRegressor, 16, random_state=0, epochs=100, lr=0.02)


def test_importing_the_library_loads_no_scikit_learn() -> None:
    program = "import sys, nn, nn.training, nn.evaluation\nassert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_scikit_learn_making_one_says_what_to_install() -> None:
    program = (
        "import sys\nsys.modules['sklearn'] = None\nimport nn\n"
        "for kind in (nn.StepClassifier, nn.StepRegressor):\n"
        "    try:\n        kind()\n"
        "    except ImportError as error:\n        assert 'pip install \"stepgrad[sklearn]\"' in str(error), error\n"
        "    else:\n        raise AssertionError(kind)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@needs_sklearn
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["StepClassifier", "StepRegressor"])
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks warn, of data that they make bad on purpose
def test_scikit_learns_own_checks_pass(kind: str) -> None:
    from sklearn.utils.estimator_checks import check_estimator

    results = check_estimator(getattr(nn, kind)(), on_fail=None, on_skip=None)
    assert len(results) > 50
    assert [(r["check_name"], str(r["exception"])) for r in results if r["status"] not in ("passed", "skipped")] == []
    # Arrays of other libraries are checked where an environment variable of SciPy's asks for them.
    assert {r["check_name"] for r in results if r["status"] == "skipped"} <= {"check_array_api_input"}


@needs_sklearn
def test_labels_are_what_they_were_and_probabilities_are_those_of_the_model() -> None:
    model = Classifier().fit(X, LABELS)
    assert model.classes_.tolist() == ["high", "low", "middle"]
    assert model.score(X, LABELS) > 0.9
    logits = np.array(nn.predict(model.model_, X))
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), wanted, rtol=1e-12)
    assert (model.predict(X) == model.classes_[logits.argmax(axis=1)]).all()


@needs_sklearn
@pytest.mark.parametrize("labels", [["no", "yes"], [3, 7], [True, False], [1.0, 2.0]])
def test_two_classes_of_any_kind_have_one_output(labels) -> None:
    y = np.array(labels)[(Z[:, 0] > 0).astype(int)]
    model = Classifier().fit(X, y)
    assert model.score(X, y) > 0.9
    shares = model.predict_proba(X)
    np.testing.assert_allclose(shares[:, 1], 1.0 / (1.0 + np.exp(-nn.predict(model.model_, X))), rtol=1e-9)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)


@needs_sklearn
def test_a_regression_answers_in_the_units_of_its_targets() -> None:
    model = Regressor().fit(X, HEIGHT)
    assert model.score(X, HEIGHT) > 0.9
    assert 700.0 < model.predict(X).min() < model.predict(X).max() < 1300.0
    both = Regressor().fit(X, np.column_stack([HEIGHT, -1e-3 * HEIGHT]))
    assert both.predict(X).shape == (60, 2)
    assert both.score(X, np.column_stack([HEIGHT, -1e-3 * HEIGHT])) > 0.9


@needs_sklearn
def test_pipelines_searches_and_cross_validation_run() -> None:
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    pipeline = make_pipeline(MinMaxScaler(), Classifier())
    assert cross_val_score(pipeline, X, LABELS, cv=3).mean() > 0.7
    search = GridSearchCV(pipeline, {"stepclassifier__hidden": [(4,), (16, 8)], "stepclassifier__l2": [0.0, 1.0]}, cv=2)
    search.fit(X, LABELS)
    assert search.best_params_["stepclassifier__l2"] == 0.0
    assert search.predict_proba(X).shape == (60, 3)


@needs_sklearn
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_search_over_processes_finds_what_one_process_finds() -> None:
    from sklearn.model_selection import GridSearchCV

    found = []
    for jobs in (1, 2):
        search = GridSearchCV(Regressor(), {"hidden": [4, 16], "lr": [0.001, 0.02]}, cv=2, n_jobs=jobs).fit(X, HEIGHT)
        found.append((search.best_params_, search.cv_results_["mean_test_score"].tolist()))
    assert found[0][0] == found[1][0]
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-9)


@needs_sklearn
def test_clones_and_copies_from_files_answer_alike(tmp_path) -> None:
    import joblib
    from sklearn.base import clone

    model = Classifier(class_weight="balanced").fit(X, LABELS)
    again = pickle.loads(pickle.dumps(model))
    joblib.dump(model, tmp_path / "model.joblib")
    for other in (again, joblib.load(tmp_path / "model.joblib"), clone(model).fit(X, LABELS)):
        np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    assert not hasattr(clone(model), "model_")
    assert clone(model).get_params() == model.get_params()


@needs_sklearn
def test_names_of_columns_are_kept_and_compared() -> None:
    import pandas as pd

    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = Classifier().fit(frame, LABELS)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["b", "a", "c"]])


@needs_sklearn
@pytest.mark.parametrize("make", [Classifier, Regressor])
def test_the_model_goes_to_a_file_with_its_scale_columns_and_classes(make, tmp_path) -> None:
    import pandas as pd

    y = LABELS if make is Classifier else HEIGHT
    model = make().fit(pd.DataFrame(X, columns=["a", "b", "c"]), y)
    nn.save(model.model_, tmp_path / "model.json")
    loaded = nn.load(tmp_path / "model.json")
    assert nn.predict(loaded, X).tolist() == nn.predict(model.model_, X).tolist()
    assert loaded.columns == ["a", "b", "c"]
    assert loaded.classes == (["high", "low", "middle"] if make is Classifier else None)


@needs_sklearn
def test_weights_of_rows_are_repetitions_of_them() -> None:
    weights = RNG.integers(0, 3, size=60)
    for make, y in ((Classifier, LABELS), (Regressor, HEIGHT)):
        weighted = make().fit(X, y, sample_weight=weights)
        repeated = make().fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
        one, other = (nn.predict(model.model_, X) for model in (weighted, repeated))
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@needs_sklearn
def test_weights_of_classes_move_the_answer() -> None:
    rare = np.where(Z[:, 0] + RNG.normal(size=60) > 1.2, "rare", "usual")
    found = [
        (Classifier(epochs=20, class_weight=weight).fit(X, rare).predict(X) == "rare").sum()
        for weight in ({"usual": 50.0}, None, "balanced", {"rare": 50.0})
    ]
    assert found == sorted(found)
    assert found[0] < found[3]
    with pytest.raises(ValueError, match="class_weight"):
        Classifier(class_weight={"rae": 50.0}).fit(X, rare)


@needs_sklearn
def test_it_stops_where_little_is_gained_or_by_rows_that_are_held_out() -> None:
    patient = Classifier(epochs=300, patience=None).fit(X, LABELS)
    assert patient.n_iter_ == 300
    settled = Classifier(epochs=3000).fit(X, LABELS)
    losses = np.array(settled.history_.loss)
    stops = [
        n for n in range(20, len(losses) + 1, 10)
        if all(min(losses[:i]) - losses[i] < 1e-4 for i in range(n - 10, n))
    ]  # fmt: skip
    assert stops == [settled.n_iter_]
    held = Classifier(epochs=3000, validation=0.25).fit(X, LABELS)
    of_held = held.history_.val_loss
    assert len(of_held) == of_held.index(min(of_held)) + 11 < 3000


@needs_sklearn
@pytest.mark.parametrize("optimizer", ["rmsprop", functools.partial(nn.SGD, momentum=0.9)])
def test_an_optimiser_is_a_name_or_a_function(optimizer) -> None:
    assert Classifier(optimizer=optimizer).fit(X, LABELS).score(X, LABELS) > 0.8


@needs_sklearn
def test_settings_that_mean_nothing_are_refused_when_it_learns() -> None:
    for settings, message in (
        ({"optimizer": "adm"}, "no optimizer 'adm'"), ({"epochs": 0}, "epochs must be"), ({"l2": -1.0}, "l2 must be"),
        ({"patience": 0}, "StepClassifier: patience must be 1 or more, or None, not 0"),
        ({"batch_size": 0}, "batch_size must be"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            Classifier(**settings).fit(X, LABELS)


@needs_sklearn
def test_whole_numbers_of_numpy_do_too_as_searches_draw_them() -> None:
    drawn = {name: np.int64(n) for name, n in (("hidden", 8), ("epochs", 5), ("batch_size", 20), ("patience", 3))}
    plain = {name: int(n) for name, n in drawn.items()}
    one, other = Classifier().set_params(**drawn).fit(X, LABELS), Classifier().set_params(**plain).fit(X, LABELS)
    assert one.predict_proba(X).tolist() == other.predict_proba(X).tolist()


def test_a_callback_that_looks_every_tenth_epoch_is_called_then_at_least() -> None:
    class Seen:
        every = 10

        def __init__(self) -> None:
            self.at: list[int] = []

        def __call__(self, history, model) -> bool:
            self.at.append(len(history.loss))
            return self.at[-1] == 40

    seen = Seen()
    model = nn.MLP(1, [1], seed=1)
    history = nn.fit(model, [1.0, 2.0], [1.0, 2.0], loss="mse", optimizer="sgd", epochs=95, callbacks=seen)
    assert {10, 20, 30, 40} <= {*seen.at}
    assert len(history.loss) == 40
