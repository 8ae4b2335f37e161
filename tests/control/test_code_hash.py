import functools

from nbsweep.control.code_hash import code_hash


def define(source):
    """The function `train` of a notebook with this source."""
    names = {"__name__": "__main__"}
    exec(source, names)
    return names["train"]


BASE = """
def build(n):
    return n * 2

class Net:
    def forward(self, x):
        return x + 1

def train():
    total = build(3)
    return Net().forward(total)
"""


def test_same_code_gives_the_same_hash():
    assert code_hash(define(BASE)) == code_hash(define(BASE))
    assert len(code_hash(define(BASE))) == 16


def test_comments_and_formatting_do_not_count():
    assert code_hash(define(BASE)) == code_hash(define("\n\n# a comment\n" + BASE))


def test_change_in_the_function_or_in_what_it_calls_counts():
    original = code_hash(define(BASE))
    for old, new in [("build(3)", "build(4)"), ("n * 2", "n * 3"), ("x + 1", "x - 1")]:
        assert code_hash(define(BASE.replace(old, new))) != original


def test_change_in_code_that_is_not_used_does_not_count():
    assert code_hash(define(BASE + "\ndef other():\n    return 5\n")) == code_hash(define(BASE))


def test_recursion_ends():
    assert code_hash(define("def train(n=0):\n    return train(n + 1)\n"))


def test_sets_in_the_code_give_the_same_hash():
    source = "def train(x='a'):\n    return x in {'a', 'b', 'c', 'd'}\n"
    assert code_hash(define(source)) == code_hash(define(source))


def test_partial_and_callable_object_are_looked_into():
    class Trainer:
        def __call__(self):
            return 1

    assert code_hash(functools.partial(define(BASE))) == code_hash(define(BASE))
    assert code_hash(Trainer())


def test_builtin_has_none():
    assert code_hash(len) is None
