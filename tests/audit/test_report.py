"""A report sums up."""

from shield.audit.report import Report


def test_a_report_sums_its_results_up(made: Report) -> None:
    assert (made.detection.count, made.detection.n) == (7, 8)
    assert (made.false_positives.count, made.false_positives.n) == (1, 400)
    assert (made.elapsed_ms.n, made.chars, made.complete) == (408, 408, True)
    assert sum(result.wrong for result in made.results) == 2
