"""Runs test suites of Python's unittest, and tells of each test as a line of JSON.

usage: run.py RESULTS FILTER NAME...

A NAME is a module, or a package with all modules in it. Each test whose name matches FILTER, a regular expression, is run.
RESULTS is a file that gets a line {"id", "outcome": pass|fail|skip, "why"} for each, as soon as it has ended.
"""

import importlib
import json
import pkgutil
import re
import sys
import traceback
import unittest


class Teller(unittest.TestResult):
    """Writes down what each test came to."""

    def __init__(self, out):
        super().__init__()
        self.out = out
        self.bad = {}  # what went wrong, of the test that runs

    def tell(self, test, outcome, why=""):
        self.out.write(json.dumps({"id": test.id(), "outcome": outcome, "why": str(why)}) + "\n")
        self.out.flush()

    def wrong(self, test, err=None, details=None):
        if err is not None:
            why = "".join(traceback.format_exception(*err))
        else:  # testtools puts it so
            why = "\n".join(c.as_text() for name, c in sorted(details.items()) if c.content_type.type == "text")
        self.bad.setdefault(test.id(), []).append(why)
        if not hasattr(test, "_testMethodName"):  # the set-up of a class or module
            self.tell(test, "fail", why)

    def addError(self, test, err=None, details=None):
        self.wrong(test, err, details)

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.wrong(test, err)

    def addSkip(self, test, reason=None, details=None):
        if reason is None:
            reason = details["reason"].as_text() if details and "reason" in details else ""
        if hasattr(test, "_testMethodName"):
            self.bad[test.id()] = None
        self.tell(test, "skip", reason)

    def addExpectedFailure(self, test, err=None, details=None):
        pass

    def addUnexpectedSuccess(self, test, details=None):
        self.wrong(test, details={}) if details is not None else self.bad.setdefault(test.id(), []).append("it passed")

    def addSuccess(self, test, details=None):
        pass

    def stopTest(self, test):
        super().stopTest(test)
        bad = self.bad.pop(test.id(), [])
        if bad is not None:
            self.tell(test, "fail" if bad else "pass", "\n".join(bad))


def modules(name):
    """A module's name, or those of all modules of a package."""
    module = importlib.import_module(name)
    if not hasattr(module, "__path__"):
        return [name]
    return [m.name for m in pkgutil.walk_packages(module.__path__, name + ".") if not m.ispkg]


def flat(suite):
    for t in suite:
        if isinstance(t, unittest.TestSuite):
            yield from flat(t)
        else:
            yield t


def main():
    results, pattern, *names = sys.argv[1:]
    sys.argv[1:] = []
    wanted = re.compile(pattern)
    loader = unittest.TestLoader()
    with open(results, "a", encoding="utf-8") as out:
        for module in (m for name in names for m in modules(name)):
            tests = unittest.TestSuite(t for t in flat(loader.loadTestsFromName(module)) if wanted.search(t.id()))
            tests.run(Teller(out))


main()
