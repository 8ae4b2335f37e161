"""What the name of a metric says: that it is measured, and which values are better."""

from __future__ import annotations

import re

from nbsweep.records import Goal

_TO_MAXIMIZE = set(
    "acc accuracy auc auroc auprc ap map f1 precision recall score r2 bleu rouge iou miou dice "
    "reward return psnr ssim kappa ndcg mrr sharpe correlation top1 top5 hits".split()
)
_TO_MINIMIZE = set(
    "loss err error errors mse rmse mae mape rmsle msle perplexity ppl nll bpb bpc objective value "
    "cost regret fid wer cer logloss crossentropy entropy brier deviance".split()
)
NEVER_SEARCHED = set(
    "step steps global_step epoch runtime timestamp duration duration_s time iterations "
    "parameters_count n_params".split()
)
_SPENT = set("time elapsed runtime walltime latency".split())
_UNITS = set("s sec secs second seconds ms min mins minutes h hours".split())
_STAGES = ("val", "valid", "validation", "test", "train", "training", "eval", "best", "final")


def looks_like_metric(name: str) -> bool:
    """Whether a column of this name is something measured rather than set."""
    if name.startswith("_"):
        return True
    words = _words(name)
    measured = _TO_MAXIMIZE | _TO_MINIMIZE
    if name.lower() in NEVER_SEARCHED:
        return True
    if "/" in name and words[0] in (*_STAGES, "gradients", "system", "perf", "charts"):
        return True
    # "time_s" and "train_time_s" are measured, "clip_duration_s" and "time_limit" are set.
    if words[-1] in _UNITS and len(words) > 1 and words[-2] in _SPENT:
        return True
    if words[-1] in _SPENT - {"time"} or words[-2:] in (["wall", "time"], ["elapsed", "time"]):
        return True
    # "loss" and "val_loss" are measured, "loss_function" and "max_error_rate" are set.
    return words[-1] in measured or (words[0] in _STAGES and len(set(words) & measured) > 0)


def likely_goal(name: str) -> Goal:
    """The goal of a metric with this name: minimize, unless the name says otherwise."""
    words = {*_words(name), *(word.rstrip("0123456789") for word in _words(name))}  # acc5 is acc
    return Goal.MAXIMIZE if words & _TO_MAXIMIZE and not words & _TO_MINIMIZE else Goal.MINIMIZE


def _words(name: str) -> list[str]:
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return [word for word in re.split(r"[^a-z0-9]+", parts.lower()) if word] or [""]
