"""Each rule finds its pathology in a model that was really trained that way, and the other rules stay silent."""

import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from little_vae import Trained, keras_log, train
from threadpoolctl import threadpool_limits

from latentkit.diagnosis import (
    RULES,
    Diagnosis,
    DiagnosisRequest,
    Facts,
    Finding,
    diagnose,
    find_rule,
    judge,
    to_json,
    verdict,
)
from latentkit.diagnosis.facts import HistoryRow
from latentkit.diagnosis.measure import latent_space
from latentkit.diagnosis.readers import from_latents
from latentkit.diagnosis.rules import NEVER_REPORTED
from latentkit.formats.latents import Latents, read_latents
from latentkit.separation import report as separation


def examine(log: bytes | str, latents: bytes | None = None, pixels: int | None = 64) -> Diagnosis:
    data = log.encode() if isinstance(log, str) else log
    added = None if latents is None else read_latents(BytesIO(latents), name="latents")
    return diagnose(DiagnosisRequest(BytesIO(data), latents=added, pixels=pixels))


def serious(diagnosis: Diagnosis) -> set[str]:
    """Return the ids of errors and warnings."""
    return {finding.id for finding in diagnosis.findings if finding.severity != "note"}


def notes(diagnosis: Diagnosis) -> set[str]:
    return {finding.id for finding in diagnosis.findings if finding.severity == "note"}


def finding(diagnosis: Diagnosis, id: str) -> Finding:
    return next(one for one in diagnosis.findings if one.id == id)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Use one thread: on arrays this small, more only wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def healthy() -> Trained:
    return train()


def test_healthy_trainings_raise_no_error_or_warning():
    for seed, latent in ((0, 2), (1, 8), (2, 32)):
        for likelihood, sigma in (("bce", 1.0), ("mse", 0.3)):
            one = train(seed=seed, latent=latent, likelihood=likelihood, sigma=sigma)
            both = one.npz(
                images=one.images,
                reconstructions=one.reconstructions,
                reconstructions_train=one.reconstructions_train,
            )
            assert serious(examine(one.csv(), both)) == set(), (seed, latent, likelihood)


def test_a_healthy_log_alone_raises_no_error_or_warning(healthy):
    assert serious(examine(healthy.csv())) == set()
    assert serious(examine(keras_log(healthy.log), pixels=None)) == set()


def test_p1_any_accuracy(healthy):
    right = float(((healthy.images > 0.5) == (healthy.reconstructions > 0.5)).mean())
    log = [line | {"accuracy": right, "val_accuracy": right} for line in healthy.log]
    assert serious(examine(keras_log(log))) == {"P1"}


def test_p2_a_target_that_is_the_output_gives_a_loss_of_exactly_0():
    blind = train(own_target=True, likelihood="mse", beta=0.0, epochs=4)
    result = examine(keras_log(blind.log))
    assert serious(result) == {"P2"}
    assert "epoch 1: loss 0.0000e+00, the mean over 4 steps" in finding(result, "P2").evidence


def test_p2_ignores_a_loss_rounded_to_0():
    assert judge_text("epoch 1 loss: 0.04\nepoch 2 loss: 0.00\nepoch 3 loss: 0.01") == set()


def judge_text(text: str) -> set[str]:
    return serious(examine(text, pixels=None))


def test_p3_p4_and_p5_validation_images_in_0_to_255_and_training_images_in_0_to_1():
    wrong = train(likelihood="mse", validation_scale=255.0, beta=0.1)
    result = examine(keras_log(wrong.log), pixels=None)
    assert serious(result) == {"P3", "P4", "P5"}
    assert finding(result, "P3").severity == "error"
    assert finding(result, "P4").confirm is not None
    assert "perhaps only the validation images" in finding(result, "P5").evidence


def test_p3_one_side_summed_and_the_other_averaged():
    assert serious(
        examine(train(reconstruction="mean", validation_reconstruction="sum", beta=1 / 64).csv())
    ) == {"P3"}


def test_p4_code_that_validates_on_one_batch(healthy):
    code = "model.fit(X_train, epochs=2, validation_data=next(X_val), validation_steps=5)\n"
    result = examine(code + keras_log(healthy.log))
    assert serious(result) == {"P4"}
    assert "validation_data=next(X_val)" in finding(result, "P4").evidence


def test_p4_images_on_both_sides(healthy):
    digest = np.array([f"{row:08x}" for row in range(len(healthy.mu))])
    digest[-1] = digest[0]
    twice = np.vstack([healthy.mu[:-1], healthy.mu[:1]])
    latents = healthy.npz(mu=twice, split=healthy.split, digest=digest)
    result = examine(healthy.csv(), latents)
    assert serious(result) == {"P4"}
    assert finding(result, "P4").evidence == "1 image is in both training and validation"


def test_p4_few_validation_images_are_a_note(healthy):
    few = np.where(np.arange(len(healthy.mu)) < 10, "validation", "train")
    result = examine(healthy.npz(split=few))
    assert "P4" in notes(result) and serious(result) == set()


def test_p5_pixels_in_0_to_255_are_suspected_from_the_loss_and_certain_from_the_images():
    loud = train(likelihood="mse", scale=255.0, epochs=5)
    result = examine(loud.csv())
    assert serious(result) == {"P5"} and finding(result, "P5").confirm is not None
    result = examine(loud.npz(images=loud.images, reconstructions=loud.reconstructions))
    assert finding(result, "P5").severity == "error"
    assert "from 0 to 255" in finding(result, "P5").evidence


@pytest.mark.parametrize(
    ("loss", "severity"), [(5e3, None), (5e4, "note"), (1.4e5, "note"), (6e5, "warning"), (3e6, "warning")]
)
def test_p5_severity_of_a_first_loss_if_the_image_size_is_unknown(loss, severity):
    result = examine(f"epoch,loss,val_loss\n0,{loss},{loss}\n1,{loss / 2},{loss / 2}\n", pixels=None)
    assert [one.severity for one in result.findings if one.id == "P5"] == [severity] * (severity is not None)


def test_p5_judges_a_loss_by_the_image_size_if_it_is_known():
    log = "epoch,loss,val_loss\n0,600000,600000\n1,300000,300000\n"
    assert serious(examine(log, pixels=1024 * 1024 * 3)) == set()
    assert serious(examine(log, pixels=64 * 64)) == {"P5"}


def test_p3_more_than_one_nat_per_pixel_value_in_validation():
    log = "epoch,loss,val_loss\n0,40,100\n1,20,100\n"
    result = examine(log, pixels=64)
    assert serious(result) == {"P3"} and finding(result, "P3").confirm is not None
    assert serious(examine(log, pixels=128)) == set()


def test_p5_and_p20_targets_above_1_make_cross_entropy_negative():
    below = [
        {
            "epoch": line["epoch"],
            "loss": line["loss"],
            "binary_crossentropy": line["reconstruction_loss"],
            "val_loss": line["val_loss"],
        }
        for line in train(scale=255.0, epochs=6).log
    ]
    assert below[-1]["binary_crossentropy"] < 0
    assert serious(examine(keras_log(below), pixels=None)) >= {"P5", "P20"}


def test_p6_a_sigmoid_cannot_reach_images_in_minus_1_to_1():
    bent = train(likelihood="mse", scale=2.0, shift=-1.0, epochs=60)
    result = examine(bent.npz(images=bent.images, reconstructions=bent.reconstructions))
    assert serious(result) == {"P6"}
    assert "images range from -1 to 1, reconstructions from" in finding(result, "P6").evidence


def test_p7_a_training_that_diverges_to_nan():
    burst = train(lr=3.0, momentum=False, clamp=False, likelihood="mse", epochs=8)
    result = examine(keras_log(burst.log))
    assert serious(result) == {"P7"}
    assert finding(result, "P7").severity == "error"


def test_p7_ignores_nan_in_empty_cells():
    csv = "epoch,train_loss,val_loss\n0,3.0,nan\n0,nan,3.1\n1,2.5,nan\n1,nan,2.6\n"
    assert "P7" not in judge_text(csv)


def test_p8_a_decoder_that_ignores_the_latent_collapses_the_posterior():
    deaf = train(dead_decoder=True)
    latents = deaf.npz(images=deaf.images, reconstructions=deaf.reconstructions)
    result = examine(deaf.csv(), latents)
    assert serious(result) == {"P8"}
    assert "0 of 8 units active" in finding(result, "P8").evidence
    assert serious(examine(deaf.csv())) <= {"P8"} and {one.id for one in examine(deaf.csv()).findings} == {
        "P8"
    }


def test_p8_and_p9_a_beta_of_10000():
    heavy = train(beta=1e4)
    assert serious(examine(heavy.csv(), heavy.npz())) == {"P8", "P9"}


def test_p9_a_kl_averaged_over_dimensions_weighs_too_little():
    light = train(kl="mean", latent=128)
    result = examine(light.csv(), light.npz())
    assert serious(result) == {"P9"}
    assert finding(result, "P9").confirm is None
    assert finding(result, "P9").evidence.endswith("times as much as in the evidence lower bound")


def test_p9_a_reconstruction_averaged_over_pixels_multiplies_the_weight_of_the_kl():
    crushed = train(reconstruction="mean")
    result = examine(crushed.csv(), crushed.npz())
    assert serious(result) == {"P8", "P9"}
    weight = re.search(r"the KL weighs ([0-9.]+) times", finding(result, "P9").evidence)
    assert weight is not None and 50 < float(weight[1]) < 80


def test_p9_is_silent_if_beta_compensates_for_averaging():
    level = train(reconstruction="mean", beta=1 / 64)
    assert "P9" in examine(level.csv(), level.npz()).checked
    assert serious(examine(level.csv(), level.npz())) == set()


def test_p10_too_few_latent_dimensions_blur():
    vague = train(likelihood="mse", latent=1, epochs=8)
    assert "P10" in notes(examine(vague.npz(images=vague.images, reconstructions=vague.reconstructions)))


def test_p10_is_silent_about_a_sharp_reconstruction():
    sharp = train(likelihood="mse", sigma=0.1, latent=32, epochs=80)
    assert "P10" not in notes(examine(sharp.npz(images=sharp.images, reconstructions=sharp.reconstructions)))


def test_p11_a_small_likelihood_sigma_on_few_images_makes_an_autoencoder():
    tight = train(likelihood="mse", sigma=0.05, beta=0.02, images=60, latent=4, epochs=200)
    result = examine(tight.csv(), tight.npz())
    assert serious(result) == {"P11"}


def test_p12_classes_hidden_by_two_axes_are_a_note():
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b"], 150)
    mu = rng.normal(0, 1, (300, 24)).astype(np.float32)
    mu[:, 5:12] += np.where(labels == "a", 0.6, -0.6)[:, None]
    mu[:, 12:14] *= 2.0
    result = judge(from_arrays(mu=mu, labels=labels))
    assert "the projection hides them" in finding(result, "P12").evidence
    assert "P12" in notes(result)


def test_p12_labels_unrelated_to_the_latents_are_a_warning(healthy):
    shuffled = np.random.default_rng(1).permutation(healthy.labels)
    result = judge(from_arrays(mu=healthy.mu, labels=shuffled))
    assert serious(result) == {"P12"}
    assert "the encoder has not kept" in finding(result, "P12").evidence


def test_p12_says_nothing_about_a_handful_of_images_or_without_evidence():
    rng = np.random.default_rng(0)
    few = judge(from_arrays(mu=rng.normal(size=(12, 4)).astype(np.float32), labels=np.tile(["a", "b"], 6)))
    assert "P12" not in serious(few) | notes(few)
    noise = rng.normal(size=(24, 4)).astype(np.float32)
    assert "P12" not in serious(judge(from_arrays(mu=noise, labels=np.tile(["a", "b"], 12))))


def test_p12_scores_neighbors_as_the_report_does():
    rng = np.random.default_rng(0)
    labels = np.repeat(["z", "b", ""], 120)
    mu = rng.normal(size=(360, 30)).astype(np.float32)
    mu[:, 5:12] += np.where(labels == "z", 0.4, -0.4)[:, None]
    digest = np.array([f"{row // 2:x}" for row in range(360)])
    latents = Latents(
        {
            "ids": np.array([f"{n:03d}" for n in rng.permutation(360)]),
            "mu": mu,
            "labels": labels,
            "digest": digest,
        }
    )
    score = separation.judge(latents).scores["knn15"]
    assert latent_space(latents).neighbors == (score.value, score.low, score.high)


def test_p12_is_silent_if_the_projection_shows_the_classes(healthy):
    result = judge(from_arrays(mu=healthy.mu, labels=healthy.labels))
    assert "P12" in result.checked and "P12" not in serious(result)


def test_p13_latents_of_noise_are_one_gaussian_and_those_of_digits_are_not(healthy):
    cloud = train(noise_images=True, likelihood="mse", sigma=0.1, latent=4, epochs=40)
    assert "P13" in notes(examine(cloud.npz()))
    assert "P13" not in notes(examine(healthy.npz()))


def test_p14_most_of_64_dimensions_are_unused(healthy):
    result = examine(train(latent=64, epochs=150).npz())
    assert "P14" in notes(result) and serious(result) == set()
    assert "P14" not in notes(examine(healthy.npz()))


def test_p15_samples_are_recognized_by_the_unused_dimensions():
    wide = train(latent=32, epochs=60)
    assert serious(examine(wide.npz(mu=wide.z))) == {"P15"}
    assert serious(examine(wide.npz())) == set()


def test_p15_two_embeddings_that_differ(healthy):
    noise = np.random.default_rng(3).standard_normal(healthy.mu.shape, dtype=np.float32)
    again = healthy.mu + np.exp(healthy.logvar / 2) * noise
    result = examine(healthy.npz(mu=healthy.z, mu_again=again))
    assert serious(result) == {"P15"}
    assert "sigma apart" in finding(result, "P15").evidence
    assert serious(examine(healthy.npz(mu_again=healthy.mu))) == set()


def test_p15_identical_files_with_different_latents(healthy):
    digest = np.array([f"{row // 2:08x}" for row in range(len(healthy.mu))])
    pairs = np.repeat(np.arange(0, len(healthy.mu), 2), 2)
    noise = np.random.default_rng(3).standard_normal(healthy.mu.shape, dtype=np.float32)
    z = healthy.mu[pairs] + np.exp(healthy.logvar[pairs] / 2) * noise
    same = {"logvar": healthy.logvar[pairs], "digest": digest}
    assert serious(examine(healthy.npz(mu=z, **same))) == {"P15"}
    assert serious(examine(healthy.npz(mu=healthy.mu[pairs], **same))) == set()


def test_p16_batch_norm_with_slow_running_averages():
    split = train(batch_norm=True, likelihood="mse", sigma=0.3)
    latents = split.npz(
        images=split.images,
        reconstructions=split.reconstructions,
        reconstructions_train=split.reconstructions_train,
    )
    result = examine(latents)
    assert serious(result) == {"P16"}


def test_p17_a_sorted_split_holds_out_a_class_that_was_never_trained_on():
    sorted_ = train(in_order=True, images=300)
    tail = np.where(sorted_.labels == "2", "validation", "train")
    result = examine(sorted_.npz(split=tail, labels=sorted_.labels))
    assert serious(result) == {"P17"} and finding(result, "P17").severity == "error"
    result = examine(sorted_.npz(split=sorted_.split, labels=sorted_.labels))
    assert serious(result) == {"P17"} and finding(result, "P17").severity == "warning"


def test_p17_is_silent_for_a_shuffled_split(healthy):
    result = examine(healthy.npz(split=healthy.split, labels=healthy.labels))
    assert "P17" in result.checked and "P17" not in serious(result)


def test_p18_a_warm_up_longer_than_the_run():
    result = examine(train(warm_up=100).csv())
    assert serious(result) == {"P18"}
    assert serious(examine(train(warm_up=10).csv())) == set()


@pytest.mark.parametrize("sigma", [1.0, 0.3])
def test_p19_a_kl_that_rises_while_the_reconstruction_falls_is_never_reported(sigma):
    early = train(epochs=5, likelihood="bce" if sigma == 1.0 else "mse", sigma=sigma)
    assert early.log[-1]["kl_loss"] > 2 * early.log[0]["kl_loss"]
    assert early.log[-1]["reconstruction_loss"] < early.log[0]["reconstruction_loss"]
    assert not examine(early.csv()).findings
    assert not examine(keras_log(early.log)).findings


def test_p19_holds_for_a_latentkit_run():
    rows = tuple(
        HistoryRow(
            f"epoch {i}", {"kl": float(i), "loss": 50.0 - i}, {"kl": float(i), "loss": 55.0 - i, "r2": i / 10}
        )
        for i in range(1, 6)
    )
    run = Facts("a run", rows, exact=True, finished=True, unit_range=True, likelihood="gaussian", beta=1.0)
    assert not judge(run).findings


def test_p20_a_negative_gaussian_loss_is_a_note():
    log = "epoch,loss,val_loss\n0,12.0,8.0\n1,-20.5,-18.0\n2,-31.0,-30.0\n"
    result = examine(log, pixels=None)
    assert notes(result) == {"P20"} and serious(result) == set()


def test_p20_is_silent_if_the_likelihood_is_known_to_be_gaussian():
    rows = (HistoryRow("epoch 1", train={"reconstruction": -20.5}),)
    for likelihood, ids in (("gaussian", set()), (None, {"P20"}), ("bernoulli", {"P20"})):
        result = judge(Facts("a run", rows, likelihood=likelihood))
        assert {one.id for one in result.findings} - {"P4"} == ids, likelihood
        assert "P20" in result.checked


def test_p26_a_finished_training_that_was_never_better_than_the_mean_image():
    def history(*values: float, finished: bool = True) -> Facts:
        rows = tuple(HistoryRow(f"epoch {i + 1}", validation={"r2": value}) for i, value in enumerate(values))
        return Facts("a run", rows, exact=True, finished=finished)

    for facts, fires in (
        (history(-5.0, -4.0, -4.5), True),
        (history(-5.0, -4.0, -0.01), True),
        (history(-5.0, -4.0, 0.01), False),
        (history(-5.0, 0.2, -0.1), False),
        (history(-5.0, -4.0), False),
        (history(-5.0, -4.0, -4.5, finished=False), False),
    ):
        result = judge(facts)
        assert ("P26" in serious(result)) == fires
        assert "P26" in result.checked
    assert "P26" not in judge(Facts("nothing")).checked


@pytest.mark.parametrize(
    ("lr", "fires"), [(10.0, True), (0.11, True), (0.1, False), (1e-6, False), (1e-7, True)]
)
def test_p27_a_learning_rate_far_from_the_usual_range(lr, fires):
    assert ("P27" in serious(judge(Facts("a run", lr=lr)))) == fires
    assert "P27" not in judge(Facts("a log")).checked


def run_with(*r2: float, finished: bool = True) -> Facts:
    rows = tuple(HistoryRow(f"epoch {i + 1}", validation={"r2": value}) for i, value in enumerate(r2))
    return Facts("a run", rows, exact=True, finished=finished, beta=1.0, lr=0.001)


@pytest.mark.parametrize(
    ("facts", "healthy", "words"),
    [
        (run_with(), False, "Too early to tell: 0 validations, and at least 3 are needed."),
        (run_with(0.5), False, "Too early to tell: 1 validation, and at least 3 are needed."),
        (run_with(0.4, 0.5), False, "Too early to tell: 2 validations, and"),
        (run_with(0.4, 0.5, 0.6), True, "No errors or warnings."),
        (run_with(-0.3, -0.2, -0.1, finished=False), False, "Not healthy yet: R2 is below 0"),
        (run_with(-0.3, -0.2, -0.1), False, "Not healthy: 1 warning."),
        (run_with(-0.3, -0.2, 0.1, finished=False), True, "No errors or warnings."),
        (replace(run_with(0.4), beta=1e4), False, "Not healthy: 1 warning."),
    ],
)
def test_a_training_is_called_healthy_only_after_three_validations_and_above_the_mean_image(
    facts, healthy, words
):
    result = judge(facts)
    assert result.healthy is healthy
    assert verdict(result).startswith(words)
    assert to_json(result)["too_early"] == facts.too_early


def test_p22_two_projections_that_share_few_neighbors():
    from sklearn.manifold import TSNE

    noise = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)
    first, second = (
        TSNE(init="random", random_state=seed, perplexity=15, max_iter=300)
        .fit_transform(noise)
        .astype(np.float32)
        for seed in (0, 1)
    )
    result = judge(from_arrays(mu=noise, projection_tsne=first, projection_tsne_2=second))
    assert serious(result) == {"P22"}
    result = judge(from_arrays(mu=noise, projection_tsne=first, projection_tsne_2=first + 1))
    assert serious(result) == set()


def test_p23_k_means_that_depends_on_its_seed():
    rng = np.random.default_rng(0)
    labels = np.repeat([str(each) for each in range(8)], 40)
    centers = np.repeat(rng.normal(0, 6, (8, 2)), 40, axis=0)
    mu = (centers + rng.normal(0, 0.7, (320, 2))).astype(np.float32)
    assert "P23" in notes(judge(from_arrays(mu=mu, labels=labels)))
    two = np.repeat(["a", "b"], 160)
    apart = (np.where(two == "a", -5.0, 5.0)[:, None] + rng.normal(0, 1, (320, 2))).astype(np.float32)
    assert "P23" not in notes(judge(from_arrays(mu=apart, labels=two)))


def test_p24_one_cluster_that_contains_almost_everything(healthy):
    from sklearn.cluster import KMeans

    stray = np.vstack([healthy.mu, np.full((1, 8), 1e3, np.float32)])
    swallowed = KMeans(2, n_init=2, random_state=0).fit_predict(stray).astype(np.int32)
    assert serious(judge(from_arrays(mu=stray, clusters=swallowed))) == {"P24"}
    fair = KMeans(3, n_init=2, random_state=0).fit_predict(healthy.mu).astype(np.int32)
    result = judge(from_arrays(mu=healthy.mu, clusters=fair))
    assert "P24" in result.checked and serious(result) == set()


def test_p25_a_silhouette_tracked_over_epochs(healthy):
    log = [line | {"silhouette": 0.1} for line in healthy.log]
    assert notes(examine(keras_log(log))) == {"P25"}


def from_arrays(**arrays: np.ndarray) -> Facts:
    ids = np.array([f"{row:06d}" for row in range(len(arrays["mu"]))])
    return from_latents(Latents({"ids": ids, **arrays}), "latents")


def test_every_rule_has_its_own_id_in_the_order_of_the_catalog():
    ids = [f"P{number}" for number in range(1, 28)]
    assert [rule.id for rule in RULES] == [id for id in ids if id not in NEVER_REPORTED]
    assert list(NEVER_REPORTED) == ["P19"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_definition_reasons_and_fixes(rule):
    assert len(rule.definition) > 40
    assert all(len(part) > 5 for part in (rule.why, rule.source, *rule.fix))
    assert find_rule(rule.id.lower()) is rule


def test_rules_that_cannot_be_checked_are_listed_with_what_is_missing():
    result = judge(Facts("nothing"))
    assert result.checked == () and not result.healthy
    assert [id for id, _ in result.not_checked] == [rule.id for rule in RULES]
    assert all(needs for _, needs in result.not_checked)
