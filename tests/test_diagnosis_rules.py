"""Each rule sees the pathology when it is really there, in a model that was really trained so, and its neighbours stay silent."""

import re
from io import BytesIO

import numpy as np
import pytest
from little_vae import Trained, keras_log, train
from threadpoolctl import threadpool_limits

from latentkit.diagnosis import RULES, Quantities, by_id, judge
from latentkit.diagnosis.catalogue import RULES as CATALOGUE
from latentkit.diagnosis.diagnose import Request, diagnose
from latentkit.diagnosis.judge import Diagnosis
from latentkit.diagnosis.quantities import Row
from latentkit.formats.latents import Latents, read_latents


def no_run(path):
    raise AssertionError(f"no run is opened: {path}")


def look(log: bytes | str, latents: bytes | None = None, pixels: int | None = 64) -> Diagnosis:
    data = log.encode() if isinstance(log, str) else log
    beside = None if latents is None else read_latents(BytesIO(latents), name="latents")
    return diagnose(Request(BytesIO(data), latents=beside, pixels=pixels), no_run)


def serious(diagnosis: Diagnosis) -> set[str]:
    """The ids of errors and warnings."""
    return {finding.id for finding in diagnosis.findings if finding.severity != "note"}


def notes(diagnosis: Diagnosis) -> set[str]:
    return {finding.id for finding in diagnosis.findings if finding.severity == "note"}


def finding(diagnosis: Diagnosis, id: str):
    return next(one for one in diagnosis.findings if one.id == id)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """More than one would only wait for each other, on arrays as small as these."""
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
            assert serious(look(one.csv(), both)) == set(), (seed, latent, likelihood)


def test_a_healthy_log_alone_raises_no_error_or_warning(healthy):
    assert serious(look(healthy.csv())) == set()
    assert serious(look(keras_log(healthy.log), pixels=None)) == set()


def test_p1_any_accuracy(healthy):
    right = float(((healthy.images > 0.5) == (healthy.reconstructions > 0.5)).mean())
    log = [line | {"accuracy": right, "val_accuracy": right} for line in healthy.log]
    assert serious(look(keras_log(log))) == {"P1"}


def test_p2_a_target_that_is_the_output_gives_a_loss_of_exactly_0():
    blind = train(own_target=True, likelihood="mse", beta=0.0, epochs=4)
    found = look(keras_log(blind.log))
    assert serious(found) == {"P2"}
    assert "epoch 1: loss 0.0000e+00, which is the mean over 4 steps" in finding(found, "P2").evidence


def test_p2_a_loss_printed_with_few_digits_is_no_0():
    assert judge_text("epoch 1 loss: 0.04\nepoch 2 loss: 0.00\nepoch 3 loss: 0.01") == set()


def judge_text(text: str) -> set[str]:
    return serious(look(text, pixels=None))


def test_p3_p4_and_p5_validation_images_of_0_to_255_beside_training_images_of_0_to_1():
    wrong = train(likelihood="mse", validation_scale=255.0, beta=0.1)
    found = look(keras_log(wrong.log), pixels=None)
    assert serious(found) == {"P3", "P4", "P5"}
    assert finding(found, "P3").severity == "error"
    assert finding(found, "P4").confirm is not None
    assert "it may be the validation images alone" in finding(found, "P5").evidence


def test_p3_one_side_summed_and_the_other_averaged():
    assert serious(
        look(train(reconstruction="mean", validation_reconstruction="sum", beta=1 / 64).csv())
    ) == {"P3"}


def test_p4_one_batch_of_validation_in_the_code(healthy):
    code = "model.fit(X_train, epochs=2, validation_data=next(X_val), validation_steps=5)\n"
    found = look(code + keras_log(healthy.log))
    assert serious(found) == {"P4"}
    assert "validation_data=next(X_val)" in finding(found, "P4").evidence


def test_p4_images_on_both_sides(healthy):
    digest = np.array([f"{row:08x}" for row in range(len(healthy.mu))])
    digest[-1] = digest[0]
    twice = np.vstack([healthy.mu[:-1], healthy.mu[:1]])
    latents = healthy.npz(mu=twice, split=healthy.split, digest=digest)
    found = look(healthy.csv(), latents)
    assert serious(found) == {"P4"}
    assert finding(found, "P4").evidence == "1 images are in training and validation alike"


def test_p4_few_images_to_validate_on_are_a_note(healthy):
    few = np.where(np.arange(len(healthy.mu)) < 10, "validation", "train")
    found = look(healthy.npz(split=few))
    assert "P4" in notes(found) and serious(found) == set()


def test_p5_pixels_of_0_to_255_are_suspected_by_the_loss_and_seen_in_the_images():
    loud = train(likelihood="mse", scale=255.0, epochs=5)
    found = look(loud.csv())
    assert serious(found) == {"P5"} and finding(found, "P5").confirm is not None
    found = look(loud.npz(images=loud.images, reconstructions=loud.reconstructions))
    assert finding(found, "P5").severity == "error"
    assert "from 0 to 255" in finding(found, "P5").evidence


@pytest.mark.parametrize(
    ("loss", "severity"), [(5e3, None), (5e4, "note"), (1.4e5, "note"), (6e5, "warning"), (3e6, "warning")]
)
def test_p5_what_a_first_loss_tells_where_the_size_of_the_images_is_unknown(loss, severity):
    found = look(f"epoch,loss,val_loss\n0,{loss},{loss}\n1,{loss / 2},{loss / 2}\n", pixels=None)
    assert [one.severity for one in found.findings if one.id == "P5"] == [severity] * (severity is not None)


def test_p5_a_loss_is_judged_by_the_size_of_the_images_where_that_is_known():
    log = "epoch,loss,val_loss\n0,600000,600000\n1,300000,300000\n"
    assert serious(look(log, pixels=1024 * 1024 * 3)) == set()
    assert serious(look(log, pixels=64 * 64)) == {"P5"}


def test_p3_more_than_a_nat_for_each_number_of_the_validation_images():
    log = "epoch,loss,val_loss\n0,40,100\n1,20,100\n"
    found = look(log, pixels=64)
    assert serious(found) == {"P3"} and finding(found, "P3").confirm is not None
    assert serious(look(log, pixels=128)) == set()


def test_p5_and_p20_cross_entropy_of_targets_above_1_is_negative():
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
    assert serious(look(keras_log(below), pixels=None)) >= {"P5", "P20"}


def test_p6_a_sigmoid_cannot_reach_images_of_minus_1_to_1():
    bent = train(likelihood="mse", scale=2.0, shift=-1.0, epochs=60)
    found = look(bent.npz(images=bent.images, reconstructions=bent.reconstructions))
    assert serious(found) == {"P6"}
    assert "images range from -1 to 1, reconstructions from" in finding(found, "P6").evidence


def test_p7_a_training_that_runs_away_to_nan():
    burst = train(lr=3.0, momentum=False, clamp=False, likelihood="mse", epochs=8)
    found = look(keras_log(burst.log))
    assert serious(found) == {"P7"}
    assert finding(found, "P7").severity == "error"


def test_p7_cells_that_read_nan_for_nothing_are_not_a_figure_gone_wrong():
    csv = "epoch,train_loss,val_loss\n0,3.0,nan\n0,nan,3.1\n1,2.5,nan\n1,nan,2.6\n"
    assert "P7" not in judge_text(csv)


def test_p8_a_decoder_that_hears_nothing_collapses_the_posterior():
    deaf = train(dead_decoder=True)
    latents = deaf.npz(images=deaf.images, reconstructions=deaf.reconstructions)
    found = look(deaf.csv(), latents)
    assert serious(found) == {"P8"}
    assert "no active unit of 8" in finding(found, "P8").evidence
    assert serious(look(deaf.csv())) <= {"P8"} and {one.id for one in look(deaf.csv()).findings} == {"P8"}


def test_p8_and_p9_a_beta_of_10000():
    heavy = train(beta=1e4)
    assert serious(look(heavy.csv(), heavy.npz())) == {"P8", "P9"}


def test_p9_a_kl_averaged_over_the_dimensions_weighs_too_little():
    light = train(kl="mean", latent=128)
    found = look(light.csv(), light.npz())
    assert serious(found) == {"P9"}
    assert finding(found, "P9").confirm is None
    assert finding(found, "P9").evidence.endswith("times what the evidence bound gives it")


def test_p9_a_reconstruction_averaged_over_the_pixels_makes_the_kl_weigh_as_many_times_more():
    crushed = train(reconstruction="mean")
    found = look(crushed.csv(), crushed.npz())
    assert serious(found) == {"P8", "P9"}
    weight = re.search(r"the KL weighs ([0-9.]+) times", finding(found, "P9").evidence)
    assert weight is not None and 50 < float(weight[1]) < 80


def test_p9_both_averaged_in_step_is_what_the_bound_asks_for():
    level = train(reconstruction="mean", beta=1 / 64)
    assert "P9" in look(level.csv(), level.npz()).checked
    assert serious(look(level.csv(), level.npz())) == set()


def test_p10_a_latent_too_small_blurs():
    vague = train(likelihood="mse", latent=1, epochs=8)
    assert "P10" in notes(look(vague.npz(images=vague.images, reconstructions=vague.reconstructions)))


def test_p10_a_good_reconstruction_is_not_blurred():
    sharp = train(likelihood="mse", sigma=0.1, latent=32, epochs=80)
    assert "P10" not in notes(look(sharp.npz(images=sharp.images, reconstructions=sharp.reconstructions)))


def test_p11_a_tiny_sigma_of_the_likelihood_on_few_images_makes_an_auto_encoder():
    tight = train(likelihood="mse", sigma=0.05, beta=0.02, images=60, latent=4, epochs=200)
    found = look(tight.csv(), tight.npz())
    assert serious(found) == {"P11"}


def test_p12_classes_that_two_axes_hide_are_a_note():
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b"], 150)
    mu = rng.normal(0, 1, (300, 24)).astype(np.float32)
    mu[:, 5:12] += np.where(labels == "a", 0.6, -0.6)[:, None]
    mu[:, 12:14] *= 2.0
    found = judge(from_arrays(mu=mu, labels=labels))
    assert "the picture hides them" in finding(found, "P12").evidence
    assert "P12" in notes(found)


def test_p12_labels_that_the_encoder_does_not_hold_are_a_warning(healthy):
    shuffled = np.random.default_rng(1).permutation(healthy.labels)
    found = judge(from_arrays(mu=healthy.mu, labels=shuffled))
    assert serious(found) == {"P12"}
    assert "the encoder has not kept" in finding(found, "P12").evidence


def test_p12_is_silent_where_the_picture_shows_the_classes(healthy):
    found = judge(from_arrays(mu=healthy.mu, labels=healthy.labels))
    assert "P12" in found.checked and "P12" not in serious(found)


def test_p13_latents_of_noise_are_one_blob_and_those_of_digits_are_not(healthy):
    cloud = train(noise_images=True, likelihood="mse", sigma=0.1, latent=4, epochs=40)
    assert "P13" in notes(look(cloud.npz()))
    assert "P13" not in notes(look(healthy.npz()))


def test_p14_most_of_many_dimensions_stay_unused(healthy):
    found = look(train(latent=64, epochs=150).npz())
    assert "P14" in notes(found) and serious(found) == set()
    assert "P14" not in notes(look(healthy.npz()))


def test_p15_samples_exported_for_means_are_seen_in_the_unused_dimensions():
    wide = train(latent=32, epochs=60)
    assert serious(look(wide.npz(mu=wide.z))) == {"P15"}
    assert serious(look(wide.npz())) == set()


def test_p15_two_embeddings_that_differ(healthy):
    noise = np.random.default_rng(3).standard_normal(healthy.mu.shape, dtype=np.float32)
    again = healthy.mu + np.exp(healthy.logvar / 2) * noise
    found = look(healthy.npz(mu=healthy.z, mu_again=again))
    assert serious(found) == {"P15"}
    assert "sigma apart" in finding(found, "P15").evidence
    assert serious(look(healthy.npz(mu_again=healthy.mu))) == set()


def test_p15_identical_files_that_lie_in_two_places(healthy):
    digest = np.array([f"{row // 2:08x}" for row in range(len(healthy.mu))])
    pairs = np.repeat(np.arange(0, len(healthy.mu), 2), 2)
    noise = np.random.default_rng(3).standard_normal(healthy.mu.shape, dtype=np.float32)
    z = healthy.mu[pairs] + np.exp(healthy.logvar[pairs] / 2) * noise
    same = {"logvar": healthy.logvar[pairs], "digest": digest}
    assert serious(look(healthy.npz(mu=z, **same))) == {"P15"}
    assert serious(look(healthy.npz(mu=healthy.mu[pairs], **same))) == set()


def test_p16_batch_norm_whose_averages_lag_behind():
    split = train(batch_norm=True, likelihood="mse", sigma=0.3)
    latents = split.npz(
        images=split.images,
        reconstructions=split.reconstructions,
        reconstructions_train=split.reconstructions_train,
    )
    found = look(latents)
    assert serious(found) == {"P16"}


def test_p17_a_sorted_split_holds_out_what_was_never_trained_on():
    sorted_ = train(in_order=True, images=300)
    tail = np.where(sorted_.labels == "2", "validation", "train")
    found = look(sorted_.npz(split=tail, labels=sorted_.labels))
    assert serious(found) == {"P17"} and finding(found, "P17").severity == "error"
    found = look(sorted_.npz(split=sorted_.split, labels=sorted_.labels))
    assert serious(found) == {"P17"} and finding(found, "P17").severity == "warning"


def test_p17_is_silent_for_a_shuffled_split(healthy):
    found = look(healthy.npz(split=healthy.split, labels=healthy.labels))
    assert "P17" in found.checked and "P17" not in serious(found)


def test_p18_a_warm_up_longer_than_the_run():
    found = look(train(warm_up=100).csv())
    assert serious(found) == {"P18"}
    assert serious(look(train(warm_up=10).csv())) == set()


def test_p19_a_kl_that_rises_while_the_reconstruction_falls_is_never_a_finding():
    early = train(epochs=5)
    assert early.log[-1]["kl_loss"] > 2 * early.log[0]["kl_loss"]
    assert early.log[-1]["reconstruction_loss"] < early.log[0]["reconstruction_loss"]
    found = look(early.csv())
    assert "P19" in found.checked and not found.findings


def test_p20_a_negative_gaussian_loss_is_a_note():
    log = "epoch,loss,val_loss\n0,12.0,8.0\n1,-20.5,-18.0\n2,-31.0,-30.0\n"
    found = look(log, pixels=None)
    assert notes(found) == {"P20"} and serious(found) == set()


def test_p20_is_silent_where_the_likelihood_is_known_to_be_gaussian():
    rows = (Row("epoch 1", train={"reconstruction": -20.5}),)
    for likelihood, ids in (("gaussian", set()), (None, {"P20"}), ("bernoulli", {"P20"})):
        found = judge(Quantities("a run", rows, likelihood=likelihood))
        assert {one.id for one in found.findings} - {"P4"} == ids, likelihood
        assert "P20" in found.checked


def test_p26_a_finished_training_that_never_did_better_than_the_mean_image():
    def history(*values: float, finished: bool = True) -> Quantities:
        rows = tuple(Row(f"epoch {i + 1}", validation={"r2": value}) for i, value in enumerate(values))
        return Quantities("a run", rows, exact=True, finished=finished)

    for q, fires in (
        (history(-5.0, -4.0, -4.5), True),
        (history(-5.0, -4.0, -0.01), True),
        (history(-5.0, -4.0, 0.01), False),
        (history(-5.0, 0.2, -0.1), False),
        (history(-5.0, -4.0), False),
        (history(-5.0, -4.0, -4.5, finished=False), False),
    ):
        found = judge(q)
        assert ("P26" in serious(found)) == fires
        assert "P26" in found.checked
    assert "P26" not in judge(Quantities("nothing")).checked


def test_p22_two_pictures_that_share_no_neighbours():
    from sklearn.manifold import TSNE

    noise = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)
    first, second = (
        TSNE(init="random", random_state=seed, perplexity=15, max_iter=300)
        .fit_transform(noise)
        .astype(np.float32)
        for seed in (0, 1)
    )
    found = judge(from_arrays(mu=noise, projection_tsne=first, projection_tsne_2=second))
    assert serious(found) == {"P22"}
    found = judge(from_arrays(mu=noise, projection_tsne=first, projection_tsne_2=first + 1))
    assert serious(found) == set()


def test_p23_k_means_that_ends_where_it_began():
    rng = np.random.default_rng(0)
    labels = np.repeat([str(each) for each in range(8)], 40)
    centres = np.repeat(rng.normal(0, 6, (8, 2)), 40, axis=0)
    mu = (centres + rng.normal(0, 0.7, (320, 2))).astype(np.float32)
    assert "P23" in notes(judge(from_arrays(mu=mu, labels=labels)))
    two = np.repeat(["a", "b"], 160)
    apart = (np.where(two == "a", -5.0, 5.0)[:, None] + rng.normal(0, 1, (320, 2))).astype(np.float32)
    assert "P23" not in notes(judge(from_arrays(mu=apart, labels=two)))


def test_p24_one_cluster_that_takes_everything(healthy):
    from sklearn.cluster import KMeans

    stray = np.vstack([healthy.mu, np.full((1, 8), 1e3, np.float32)])
    swallowed = KMeans(2, n_init=2, random_state=0).fit_predict(stray).astype(np.int32)
    assert serious(judge(from_arrays(mu=stray, clusters=swallowed))) == {"P24"}
    fair = KMeans(3, n_init=2, random_state=0).fit_predict(healthy.mu).astype(np.int32)
    found = judge(from_arrays(mu=healthy.mu, clusters=fair))
    assert "P24" in found.checked and serious(found) == set()


def test_p25_a_silhouette_followed_over_epochs(healthy):
    log = [line | {"silhouette": 0.1} for line in healthy.log]
    assert notes(look(keras_log(log))) == {"P25"}


def from_arrays(**arrays: np.ndarray) -> Quantities:
    from latentkit.diagnosis.from_latents import from_latents

    ids = np.array([f"{row:06d}" for row in range(len(arrays["mu"]))])
    return from_latents(Latents({"ids": ids, **arrays}), "latents")


def test_every_rule_has_an_id_of_its_own_in_the_order_of_the_catalogue():
    assert [rule.id for rule in RULES] == [f"P{number}" for number in range(1, 27)]
    assert RULES is CATALOGUE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_what_it_means_and_what_to_do(rule):
    assert len(rule.definition) > 40
    assert all(len(part) > 5 for part in (rule.why, rule.source, *rule.fix))
    assert by_id(rule.id.lower()) is rule


def test_what_cannot_be_checked_is_named_with_what_it_needs():
    found = judge(Quantities("nothing"))
    assert found.checked == () and found.healthy
    assert [id for id, _ in found.not_checked] == [rule.id for rule in RULES]
    assert all(needs for _, needs in found.not_checked)
