"""Search spaces that the searchers of other libraries are tested on."""

MIXED = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0},
    "momentum": {"min": 0.0, "max": 0.99},
    "layers": {"min": 1, "max": 4},
    "batch": {"values": [32, 64, 128]},
    "optimizer": {"values": ["adam", "sgd", None]},
    "epochs": {"value": 5},
}
EVERY_LAW = {
    "lists": {"values": [[1, 2], [3], {"a": 1}]},
    "alike": {"values": [1, True, "1"]},
    "weighted": {"values": ["a", "b"], "probabilities": [0.2, 0.8]},
    "q_uniform": {"distribution": "q_uniform", "min": 0.1, "max": 0.75, "q": 0.1},
    "q_whole": {"distribution": "q_uniform", "min": 1, "max": 10, "q": 4},
    "q_log": {"distribution": "q_log_uniform_values", "min": 30, "max": 260, "q": 8},
    "q_log_ints": {"distribution": "q_log_uniform_values", "min": 1, "max": 64, "q": 1},
    "log_floats": {"distribution": "log_uniform_values", "min": 1e-3, "max": 0.1},
    "inverse": {"distribution": "inv_log_uniform_values", "min": 1e-3, "max": 0.1},
    "normal": {"distribution": "normal", "mu": 3, "sigma": 2},
    "q_normal": {"distribution": "q_normal", "q": 0.5},
    "log_normal": {"distribution": "log_normal"},
    "beta": {"distribution": "beta", "a": 2, "b": 5},
}
FINITE = {"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y"]}}
